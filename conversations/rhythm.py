"""How often the sessions of some agents come, and which of them are silent: for a
fixed number of queries, however many agents."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from uuid import UUID

from django.db import connection

from conversations import silence
from conversations.models import Agent

# Silence for longer than this is no news any more.
DORMANT_AFTER = timedelta(days=28)


class State(Enum):
    QUIET = "Quiet"
    ACTIVE = "Active"
    DORMANT = "Dormant"
    NEW = "No session yet"


@dataclass(frozen=True, slots=True)
class Rhythm:
    """day, week: conversations in the last 24 hours and 7 days.
    patience: a longer silence than this is worth a look; None before the first
        session."""

    state: State
    last_session_at: datetime | None = None
    day: int = 0
    week: int = 0
    patience: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Arrivals:
    """newest: of the newest sessions, newest first."""

    day: int
    week: int
    newest: list[datetime]


def rhythms(agents: Iterable[Agent], now: datetime) -> dict[UUID, Rhythm]:
    agents = list(agents)
    arrivals = read_arrivals([agent.id for agent in agents], now)
    patience = {
        agent_id: silence.usual(one.newest).patience
        for agent_id, one in arrivals.items()
        if one.newest
    }
    late = [
        agent
        for agent in agents
        if agent.id in patience
        and patience[agent.id] < now - arrivals[agent.id].newest[0] < DORMANT_AFTER
    ]
    quiet = find_quiet(late, arrivals, now)
    return {
        agent.id: _rhythm(
            arrivals[agent.id], patience.get(agent.id), agent.id in quiet, now
        )
        for agent in agents
    }


def _rhythm(
    arrivals: Arrivals, patience: timedelta | None, is_quiet: bool, now: datetime
) -> Rhythm:
    if not arrivals.newest:
        return Rhythm(State.NEW)
    last = arrivals.newest[0]
    if now - last >= DORMANT_AFTER:
        state = State.DORMANT
    else:
        state = State.QUIET if is_quiet else State.ACTIVE
    return Rhythm(state, last, arrivals.day, arrivals.week, patience)


def read_arrivals(agent_ids: list[UUID], now: datetime) -> dict[UUID, Arrivals]:
    parameters: dict[str, list[UUID] | int | datetime] = {
        "agents": agent_ids,
        "most": silence.MOST_SESSIONS,
        "day": now - timedelta(days=1),
        "week": now - timedelta(days=7),
    }
    with connection.cursor() as cursor:
        cursor.execute(_ARRIVALS, parameters)
        return {
            agent_id: Arrivals(day, week, newest)
            for agent_id, day, week, newest in cursor.fetchall()
        }


def find_quiet(
    late: Iterable[Agent], arrivals: Mapping[UUID, Arrivals], now: datetime
) -> set[UUID]:
    """Those whose silence no earlier week explains, as a night or a weekend would."""
    asked = [
        (agent.id, start, end)
        for agent in late
        for start, end in silence.same_hours_before(
            arrivals[agent.id].newest[0], now, first_arrival(agent, arrivals[agent.id])
        )
    ]
    counts: dict[UUID, list[int]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(
            _COUNTS,
            {
                "agents": [one[0] for one in asked],
                "starts": [one[1] for one in asked],
                "ends": [one[2] for one in asked],
            },
        )
        for agent_id, count in cursor.fetchall():
            counts[agent_id].append(count)
    return {agent.id for agent in late if silence.is_unusual(counts[agent.id])}


def first_arrival(agent: Agent, arrivals: Arrivals) -> datetime:
    """As far as it is known: an agent may be made, or named, weeks before it works."""
    oldest_read = arrivals.newest[-1]
    if len(arrivals.newest) < silence.MOST_SESSIONS:
        return oldest_read
    return min(agent.created_at, oldest_read)


# Both read the index by agent alone.
_ARRIVALS = """
    SELECT agent.id, recent.day, recent.week, newest.moments
    FROM unnest(%(agents)s::uuid[]) AS agent (id)
    CROSS JOIN LATERAL (
        SELECT
            count(*) FILTER (WHERE created_at > %(day)s) AS day,
            count(*) AS week
        FROM conversations_conversation
        WHERE agent_id = agent.id AND created_at > %(week)s
    ) AS recent
    CROSS JOIN LATERAL (
        SELECT coalesce(array_agg(created_at), '{}') AS moments
        FROM (
            SELECT created_at FROM conversations_conversation
            WHERE agent_id = agent.id
            ORDER BY created_at DESC, id DESC LIMIT %(most)s
        ) AS sessions
    ) AS newest
"""
_COUNTS = """
    SELECT asked.agent_id, count(conversation.id)
    FROM unnest(
        %(agents)s::uuid[], %(starts)s::timestamptz[], %(ends)s::timestamptz[]
    ) AS asked (agent_id, starts, ends)
    LEFT JOIN conversations_conversation AS conversation
        ON conversation.agent_id = asked.agent_id
        AND conversation.created_at > asked.starts
        AND conversation.created_at <= asked.ends
    GROUP BY asked.agent_id, asked.starts
"""
