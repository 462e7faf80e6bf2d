"""The judgement of one agent, from what was learnt of it and its newest sessions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any
from uuid import UUID

from conversations.agents.states import Judgement, State, usual_gap
from conversations.arrivals import silence
from conversations.arrivals.learning import usual_of
from conversations.arrivals.newest_sessions import Arrivals
from conversations.arrivals.silence import Usual
from conversations.arrivals.week_hours import (
    Interval,
    day_start,
    expected_between,
    moment_after,
)
from conversations.models import ArrivalHistory

# Silence for longer than this is not worth a look any more.
DORMANT_AFTER = timedelta(days=28)
# After a few sessions, or a test that somebody sent by hand, nobody waits for the next.
IDLE_AFTER = timedelta(days=1)


class Judge:
    """Judges agents at one moment.

    absences: of Zelto's own, the oldest first. closed: days on which an organization was
    closed, by its id.
    """

    def __init__(
        self,
        now: datetime,
        absences: Sequence[Interval],
        closed: Mapping[UUID, Sequence[date]],
    ) -> None:
        self.now = now
        self.absences = absences
        self.closed = closed

    def judgement(
        self,
        agent_id: UUID,
        arrivals: Arrivals | None,
        row: ArrivalHistory | None,
        newest: list[datetime],
        zone: tzinfo,
        excused_until: datetime | None = None,
    ) -> Judgement:
        """Return the judgement of one agent.

        newest: its newest sessions, where it may be silent.
        """
        if arrivals is None:
            return Judgement(agent_id, State.NEW)
        usual = usual_of(row) if row else None
        last = arrivals.last_session
        left_out = self._left_out(row, last, zone, excused_until)
        silent_at = row.silent_at if row else None
        if usual and newest:
            recent = silence.recent_of(newest, zone)
            silent_at = silence.silent_at(usual, recent, zone, left_out)
        is_silent = bool(newest and silent_at and silent_at <= self.now)
        expected = self._expected(usual, last, zone, left_out)
        half = (expected or 0.0) / 2 if is_silent else 0.0
        return Judgement(
            agent_id,
            self._state(arrivals, usual, is_silent),
            last_session_at=arrivals.last,
            silent_since=last,
            silent_at=silent_at,
            half_expected_at=_moment(usual, last, half, zone, left_out),
            expected=expected,
            first_session_at=arrivals.first,
            day=arrivals.day,
            week=arrivals.week,
            **_what_is_usual(usual, self.now, zone),
        )

    def _left_out(
        self,
        row: ArrivalHistory | None,
        last: datetime | None,
        zone: tzinfo,
        excused_until: datetime | None,
    ) -> list[Interval]:
        if not last or not row:
            return []
        intervals = [one for one in self.absences if one[1] > last]
        for day in self.closed.get(row.organization_id, ()):
            midnight = datetime.combine(day, time.min, tzinfo=zone)
            end = day_start(midnight, zone, days=1)
            if end > last:
                intervals.append((midnight.astimezone(UTC), end))
        if excused_until and excused_until > last:
            intervals.append((last, excused_until))
        return sorted(intervals)

    def _state(self, arrivals: Arrivals, usual: Usual | None, is_silent: bool) -> State:
        silent_for = self.now - arrivals.last
        if silent_for >= DORMANT_AFTER:
            return State.DORMANT
        if is_silent:
            return State.QUIET
        if usual is None and silent_for >= IDLE_AFTER:
            return State.IDLE
        return State.ACTIVE

    def _expected(
        self,
        usual: Usual | None,
        last: datetime | None,
        zone: tzinfo,
        left_out: list[Interval],
    ) -> float | None:
        if usual is None or last is None or self.now - last >= DORMANT_AFTER:
            return None
        return expected_between(usual.rates, last, self.now, zone, left_out)


def _what_is_usual(usual: Usual | None, now: datetime, zone: tzinfo) -> dict[str, Any]:
    """Return the fields of a judgement that say what is usual."""
    if usual is None:
        return {}
    return {
        "usual_gap": usual_gap(usual, now, zone),
        "usual_a_week": usual.a_week,
        "learnt_weeks": usual.weeks,
    }


def _moment(
    usual: Usual | None,
    last: datetime | None,
    expected: float,
    zone: tzinfo,
    left_out: list[Interval],
) -> datetime | None:
    """Return when so many sessions were to be expected after the last one; None for none."""
    if not usual or not last or not expected:
        return None
    return moment_after(usual.rates, last, expected, zone, left_out)
