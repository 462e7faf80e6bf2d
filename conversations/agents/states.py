"""What a judgement says of an agent. Pure, so that simulations use it as pages do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import Enum
from uuid import UUID

from conversations.arrivals.silence import Usual
from conversations.arrivals.week_hours import HOUR, hour_of_week

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
    one; None likewise. half_expected_at: when half of them should have come, of an agent
    that is silent. usual_gap: between two sessions, at this hour of the week; None
    where they are rare. usual_a_week: sessions; None where too little is known.
    learnt_weeks: from how many weeks that is known. day, week: conversations in the last
    24 hours and 7 days, where they were counted.
    """

    agent_id: UUID
    state: State
    last_session_at: datetime | None = None
    silent_since: datetime | None = None
    silent_at: datetime | None = None
    half_expected_at: datetime | None = None
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


def usual_gap(usual: Usual | None, now: datetime, zone: tzinfo) -> timedelta | None:
    """Return the usual time between two sessions, at this hour of the week."""
    rate = usual.rates[hour_of_week(now, zone)] if usual else 0.0
    return HOUR / rate if rate >= MIN_RATE_TO_TELL else None
