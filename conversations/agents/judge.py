"""The judgement of one agent, from what was learnt of it and its newest sessions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import Enum
from uuid import UUID

from conversations.arrivals import silence
from conversations.arrivals.learning import usual_of
from conversations.arrivals.newest_sessions import Arrivals
from conversations.arrivals.silence import Usual
from conversations.arrivals.week_hours import (
    HOUR,
    Interval,
    expected_between,
    hour_of_week,
)
from conversations.models import ArrivalHistory

# Silence for longer than this is not worth a look any more.
DORMANT_AFTER = timedelta(days=28)
# After a few sessions, or a test that somebody sent by hand, nobody waits for the next.
IDLE_AFTER = timedelta(days=1)
# Where sessions are rarer, nobody says how often they usually come.
MIN_RATE_TO_TELL = 1 / 24


class State(Enum):
    """What an agent's sessions say of it, as pages show the word."""

    QUIET = "Quiet"
    IDLE = "Idle"
    ACTIVE = "Active"
    DORMANT = "Dormant"
    NEW = "No sessions"


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether an agent is silent, and what that is judged by. Tests are no sessions here.

    last_session_at: when its newest conversation arrived, tests included. silent_since: when
    its last session arrived. silent_at: from when on the silence counts; None where too
    little is known to say so. expected: sessions that were to be expected since the last
    one; None likewise. usual_gap: between two sessions, at this hour of the week; None
    where they are rare. usual_a_week: sessions; None where too little is known.
    learnt_weeks: from how many weeks that is known. day, week: conversations in the last
    24 hours and 7 days, where they were counted.
    """

    agent_id: UUID
    state: State
    last_session_at: datetime | None = None
    silent_since: datetime | None = None
    silent_at: datetime | None = None
    expected: float | None = None
    usual_gap: timedelta | None = None
    usual_a_week: float | None = None
    learnt_weeks: float = 0.0
    first_session_at: datetime | None = None
    day: int = 0
    week: int = 0

    @property
    def is_silent(self) -> bool:
        return self.state is State.QUIET


class Judge:
    """Judges agents at one moment.

    absences: of Zelto's own, the oldest first.
    """

    def __init__(self, now: datetime, absences: list[Interval]) -> None:
        self.now = now
        self.absences = absences

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

        newest: its newest sessions, where it may be silent; else the row says until when
        it is not. excused_until: it is expected to be silent until then.
        """
        if arrivals is None:
            return Judgement(agent_id, State.NEW)
        usual = usual_of(row) if row else None
        last = arrivals.last_session
        left_out = self._left_out(last, excused_until)
        silent_at = row.silent_at if row else None
        if usual and newest:
            recent = silence.recent_of(newest, zone)
            silent_at = silence.silent_at(usual, recent, zone, left_out)
        is_silent = bool(newest and silent_at and silent_at <= self.now)
        return Judgement(
            agent_id,
            self._state(arrivals, usual, is_silent),
            last_session_at=arrivals.last,
            silent_since=last,
            silent_at=silent_at,
            expected=self._expected(usual, last, zone, left_out),
            usual_gap=usual_gap(usual, self.now, zone),
            usual_a_week=usual.a_week if usual else None,
            learnt_weeks=usual.weeks if usual else 0.0,
            first_session_at=arrivals.first,
            day=arrivals.day,
            week=arrivals.week,
        )

    def _left_out(
        self, last: datetime | None, excused_until: datetime | None
    ) -> list[Interval]:
        if not last:
            return []
        intervals = [one for one in self.absences if one[1] > last]
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


def usual_gap(usual: Usual | None, now: datetime, zone: tzinfo) -> timedelta | None:
    """Return the usual time between two sessions, at this hour of the week."""
    rate = usual.rates[hour_of_week(now, zone)] if usual else 0.0
    return HOUR / rate if rate >= MIN_RATE_TO_TELL else None
