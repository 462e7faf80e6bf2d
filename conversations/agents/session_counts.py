"""When the sessions of agents arrived and how many they were, read in few queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from conversations.agents.silence import Interval

# No more than this is counted in one interval of the past.
MAX_COUNTED = 1000


@dataclass(frozen=True, slots=True)
class Arrivals:
    """When and how often the sessions of an agent arrived; moments are aware datetimes."""

    day: int
    week: int
    first: datetime
    last: datetime
    last_is_test: bool


def read_arrivals(agent_ids: list[UUID], now: datetime) -> dict[UUID, Arrivals]:
    """Return the arrivals of those agents that have any, by the agent's id."""
    parameters: dict[str, list[UUID] | datetime] = {
        "agents": agent_ids,
        "day": now - timedelta(days=1),
        "week": now - timedelta(days=7),
    }
    with connection.cursor() as cursor:
        cursor.execute(_ARRIVALS, parameters)
        return {agent_id: Arrivals(*rest) for agent_id, *rest in cursor.fetchall()}


def newest_arrivals(agent_ids: list[UUID], limit: int) -> dict[UUID, list[datetime]]:
    """Return when the newest sessions of each agent arrived, newest first.

    Agents without sessions are missing.
    """
    if not agent_ids:
        return {}
    parameters: dict[str, list[UUID] | int] = {"agents": agent_ids, "most": limit}
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST, parameters)
        return {agent_id: moments for agent_id, moments in cursor.fetchall() if moments}


def count_in(intervals_of: Mapping[UUID, Iterable[Interval]]) -> dict[UUID, list[int]]:
    """Count the sessions of each agent in each of its intervals, at most `MAX_COUNTED`
    in one.

    Return the counts by agent, in the order of its intervals.
    """
    flat = [
        (agent_id, start, end)
        for agent_id, intervals in intervals_of.items()
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
    SELECT requested.agent_id, found.count
    FROM unnest(
        %(agents)s::uuid[], %(starts)s::timestamptz[], %(ends)s::timestamptz[]
    ) WITH ORDINALITY AS requested (agent_id, starts, ends, place)
    CROSS JOIN LATERAL (
        SELECT count(*) FROM (
            SELECT FROM conversations_conversation
            WHERE agent_id = requested.agent_id
                AND created_at > requested.starts AND created_at <= requested.ends
            LIMIT %(most)s
        ) AS sessions
    ) AS found
    ORDER BY requested.place
"""
