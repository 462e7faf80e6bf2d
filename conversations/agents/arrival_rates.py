"""How often sessions of agents arrive, and which agents are silent.

A fixed number of queries answers it, however many agents there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import Enum
from uuid import UUID

from conversations.agents import silence
from conversations.agents.session_counts import (
    Arrivals,
    count_in,
    newest_arrivals,
    read_arrivals,
)
from conversations.agents.silence import Compared
from conversations.models import Agent

# Silence for longer than this is not worth a look any more.
DORMANT_AFTER = timedelta(days=28)


class State(Enum):
    """What an agent's sessions say of it, as pages show the word."""

    QUIET = "Quiet"
    IDLE = "Idle"
    ACTIVE = "Active"
    DORMANT = "Dormant"
    NEW = "No sessions"


@dataclass(frozen=True, slots=True)
class ArrivalRate:
    """How often the sessions of an agent arrive, and whether it is silent.

    day, week: conversations in the last 24 hours and 7 days.
    expected: sessions that were to be expected since the last one; None while the agent
        is not late, or where it cannot be known.
    by_hour: whether `expected` is read off the same hours of earlier weeks, not off the
        mean.
    patience: of an agent without a week to compare with; a longer silence is worth a
        look.
    """

    state: State
    first_session_at: datetime | None = None
    last_session_at: datetime | None = None
    day: int = 0
    week: int = 0
    expected: float | None = None
    by_hour: bool = False
    patience: timedelta | None = None


def arrival_rates(
    agents: Iterable[Agent], now: datetime, zone: tzinfo
) -> dict[UUID, ArrivalRate]:
    """Return the arrival rate of each agent by its id, of those without sessions too.

    zone: the organization's, whose weeks are compared.
    """
    agents = list(agents)
    arrivals = read_arrivals([agent.id for agent in agents], now)
    late = {
        agent_id: one
        for agent_id, one in arrivals.items()
        if silence.MIN_SILENCE <= now - one.last < DORMANT_AFTER
    }
    compared = {
        agent_id: silence.compared(one.first, one.last, now, zone)
        for agent_id, one in late.items()
    }
    expected = _expected(compared)
    patience = _patience([one for one, past in compared.items() if past is None])
    found = {}
    for agent in agents:
        past = compared.get(agent.id)
        found[agent.id] = _arrival_rate(
            arrivals.get(agent.id),
            now,
            expected.get(agent.id),
            bool(past and past.by_hour),
            patience.get(agent.id),
        )
    return found


def _arrival_rate(
    arrivals: Arrivals | None,
    now: datetime,
    expected: float | None,
    by_hour: bool,
    patience: timedelta | None,
) -> ArrivalRate:
    if arrivals is None:
        return ArrivalRate(State.NEW)
    return ArrivalRate(
        state=_state(arrivals, now - arrivals.last, expected, patience),
        first_session_at=arrivals.first,
        last_session_at=arrivals.last,
        day=arrivals.day,
        week=arrivals.week,
        expected=expected,
        by_hour=by_hour,
        patience=patience,
    )


def _state(
    arrivals: Arrivals,
    silent_for: timedelta,
    expected: float | None,
    patience: timedelta | None,
) -> State:
    if silent_for >= DORMANT_AFTER:
        return State.DORMANT
    none_expected = arrivals.last_is_test or (expected is None and patience is None)
    if none_expected:
        return State.IDLE if silent_for >= silence.IDLE_AFTER else State.ACTIVE
    too_few = expected is not None and expected >= silence.EXPECTED_SESSIONS
    too_long = patience is not None and silent_for > patience
    return State.QUIET if too_few or too_long else State.ACTIVE


@dataclass(frozen=True, slots=True)
class UsualHour:
    """What is usual around one hour of the week.

    hour: in the organization's time zone, a whole one.
    gap: the mean between two sessions; None where they are too few to say.
    sessions: in the two hours around it, over `weeks`.
    """

    hour: datetime
    gap: timedelta | None
    sessions: int
    weeks: int

    @property
    def weekday(self) -> str:
        return f"{self.hour:%A}"

    @property
    def clock(self) -> str:
        return f"{self.hour:%H:%M}"


def usual_hour(
    agent: Agent, rate: ArrivalRate, now: datetime, zone: tzinfo
) -> UsualHour | None:
    """Return what is usual at this hour of the week.

    None where the agent has been active for less than a week, or is dormant.
    """
    if rate.first_session_at is None or rate.state is State.DORMANT:
        return None
    intervals = silence.around_this_hour(rate.first_session_at, now, zone)
    if not intervals:
        return None
    counts = count_in({agent.id: intervals})[agent.id]
    local = now.astimezone(zone) + timedelta(minutes=30)
    return UsualHour(
        hour=local.replace(minute=0, second=0, microsecond=0),
        gap=silence.gap_around(counts),
        sessions=sum(counts),
        weeks=len(counts),
    )


def _expected(compared: Mapping[UUID, Compared | None]) -> dict[UUID, float]:
    past = {agent_id: one for agent_id, one in compared.items() if one is not None}
    counts = count_in({agent_id: one.intervals for agent_id, one in past.items()})
    return {
        agent_id: sum(counts[agent_id]) * one.weight for agent_id, one in past.items()
    }


def _patience(newcomers: list[UUID]) -> dict[UUID, timedelta]:
    return {
        agent_id: found
        for agent_id, moments in newest_arrivals(newcomers, silence.MAX_GAPS).items()
        if (found := silence.patience_of_a_newcomer(moments))
    }
