"""How often the sessions of some agents come, and which of them are silent: for a
fixed number of queries, however many agents."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import Enum
from uuid import UUID

from django.db import connection

from conversations.agents import silence
from conversations.agents.silence import Compared, Interval
from conversations.models import Agent

# Silence for longer than this is no news any more.
DORMANT_AFTER = timedelta(days=28)
# No more than this is counted in one stretch of the past.
MAX_COUNTED = 1000


class State(Enum):
    QUIET = "Quiet"
    IDLE = "Idle"
    ACTIVE = "Active"
    DORMANT = "Dormant"
    NEW = "No sessions"


@dataclass(frozen=True, slots=True)
class ArrivalRate:
    """day, week: conversations in the last 24 hours and 7 days.
    expected: sessions that were to be expected since the last one; None while that
        is no matter, or cannot be told.
    by_hour: expected by the same hours of earlier weeks, not by their mean.
    patience: of a newcomer, what silence is worth a look.
    """

    state: State
    first_session_at: datetime | None = None
    last_session_at: datetime | None = None
    day: int = 0
    week: int = 0
    expected: float | None = None
    by_hour: bool = False
    patience: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Arrivals:
    day: int
    week: int
    first: datetime
    last: datetime
    last_is_test: bool


def arrival_rates(
    agents: Iterable[Agent], now: datetime, zone: tzinfo
) -> dict[UUID, ArrivalRate]:
    """zone: the organization's, whose weeks are compared."""
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
        found[agent.id] = _rhythm(
            arrivals.get(agent.id),
            now,
            expected.get(agent.id),
            bool(past and past.by_hour),
            patience.get(agent.id),
        )
    return found


def _rhythm(
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
    nobody_waits = arrivals.last_is_test or (expected is None and patience is None)
    if nobody_waits:
        return State.IDLE if silent_for >= silence.IDLE_AFTER else State.ACTIVE
    too_few = expected is not None and expected >= silence.EXPECTED_SESSIONS
    too_long = patience is not None and silent_for > patience
    return State.QUIET if too_few or too_long else State.ACTIVE


def read_arrivals(agent_ids: list[UUID], now: datetime) -> dict[UUID, Arrivals]:
    """Of those agents that have any."""
    parameters: dict[str, list[UUID] | datetime] = {
        "agents": agent_ids,
        "day": now - timedelta(days=1),
        "week": now - timedelta(days=7),
    }
    with connection.cursor() as cursor:
        cursor.execute(_ARRIVALS, parameters)
        return {agent_id: Arrivals(*rest) for agent_id, *rest in cursor.fetchall()}


@dataclass(frozen=True, slots=True)
class UsualHour:
    """What is usual around one hour of the week.

    hour: on the wall clock of the organization, a whole one.
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
    agent: Agent, rhythm: ArrivalRate, now: datetime, zone: tzinfo
) -> UsualHour | None:
    """None where the agent has worked for no week yet, or not for the last ones."""
    if rhythm.first_session_at is None or rhythm.state is State.DORMANT:
        return None
    intervals = silence.around_this_hour(rhythm.first_session_at, now, zone)
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
    if not newcomers:
        return {}
    parameters: dict[str, list[UUID] | int] = {
        "agents": newcomers,
        "most": silence.MAX_GAPS,
    }
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST, parameters)
        return {
            agent_id: found
            for agent_id, moments in cursor.fetchall()
            if moments and (found := silence.patience_of_a_newcomer(moments))
        }


def count_in(asked: Mapping[UUID, Iterable[Interval]]) -> dict[UUID, list[int]]:
    """How many sessions of each agent came in each of its intervals, at most
    `MAX_COUNTED` in one."""
    flat = [
        (agent_id, start, end)
        for agent_id, intervals in asked.items()
        for start, end in intervals
    ]
    counts: dict[UUID, list[int]] = defaultdict(list)
    if not flat:
        return counts
    agent_ids, starts, ends = (list(column) for column in zip(*flat, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(
            _COUNTS,
            {
                "agents": agent_ids,
                "starts": starts,
                "ends": ends,
                "most": MAX_COUNTED,
            },
        )
        for agent_id, count in cursor.fetchall():
            counts[agent_id].append(count)
    return counts


# All read the index by agent alone.
_ARRIVALS = """
    SELECT agent.id, recent.day, recent.week,
        oldest.created_at, newest.created_at, newest.is_test
    FROM unnest(%(agents)s::uuid[]) AS agent (id)
    CROSS JOIN LATERAL (
        SELECT created_at, is_test FROM conversations_conversation
        WHERE agent_id = agent.id
        ORDER BY created_at DESC, id DESC LIMIT 1
    ) AS newest
    CROSS JOIN LATERAL (
        SELECT created_at FROM conversations_conversation
        WHERE agent_id = agent.id
        ORDER BY created_at, id LIMIT 1
    ) AS oldest
    CROSS JOIN LATERAL (
        SELECT
            count(*) FILTER (WHERE created_at > %(day)s) AS day,
            count(*) AS week
        FROM conversations_conversation
        WHERE agent_id = agent.id AND created_at > %(week)s
    ) AS recent
"""
_NEWEST = """
    SELECT agent.id, (
        SELECT array_agg(created_at ORDER BY created_at DESC)
        FROM (
            SELECT created_at FROM conversations_conversation
            WHERE agent_id = agent.id
            ORDER BY created_at DESC, id DESC LIMIT %(most)s
        ) AS sessions
    )
    FROM unnest(%(agents)s::uuid[]) AS agent (id)
"""
_COUNTS = """
    SELECT asked.agent_id, found.count
    FROM unnest(
        %(agents)s::uuid[], %(starts)s::timestamptz[], %(ends)s::timestamptz[]
    ) WITH ORDINALITY AS asked (agent_id, starts, ends, place)
    CROSS JOIN LATERAL (
        SELECT count(*) FROM (
            SELECT FROM conversations_conversation
            WHERE agent_id = asked.agent_id
                AND created_at > asked.starts AND created_at <= asked.ends
            LIMIT %(most)s
        ) AS sessions
    ) AS found
    ORDER BY asked.place
"""
