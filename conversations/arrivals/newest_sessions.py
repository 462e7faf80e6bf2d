"""When the sessions of agents arrived and how many they were, read in few queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

# Behind so many tests nobody looks for a session.
MAX_TESTS = 1000


@dataclass(frozen=True, slots=True)
class Arrivals:
    """When and how often conversations of an agent arrived; moments are aware.

    first, last: tests included. last_session: the newest that was none; None where there
    is none.
    """

    day: int
    week: int
    first: datetime
    last: datetime
    last_session: datetime | None


def read_arrivals(agent_ids: Sequence[UUID], now: datetime) -> dict[UUID, Arrivals]:
    """Return the arrivals of those agents that have any, by the agent's id."""
    if not agent_ids:
        return {}
    parameters: dict[str, list[UUID] | datetime | int] = {
        "agents": list(agent_ids),
        "day": now - timedelta(days=1),
        "week": now - timedelta(days=7),
        "tests": MAX_TESTS,
    }
    with connection.cursor() as cursor:
        cursor.execute(_ARRIVALS, parameters)
        return {agent_id: Arrivals(*rest) for agent_id, *rest in cursor.fetchall()}


def newest_sessions(
    agent_ids: Sequence[UUID], limit: int
) -> dict[UUID, list[datetime]]:
    """Return when the newest sessions of each agent arrived, newest first, without tests.

    Agents without sessions are missing.
    """
    if not agent_ids:
        return {}
    parameters: dict[str, list[UUID] | int] = {
        "agents": list(agent_ids),
        "most": limit,
        "looked_at": limit + MAX_TESTS,
    }
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST, parameters)
        return {agent_id: moments for agent_id, moments in cursor.fetchall() if moments}


# All read the index by agent alone.
_ARRIVALS = """
    SELECT agent.id, recent.day, recent.week, oldest.created_at, newest.created_at, (
        SELECT created_at FROM (
            SELECT created_at, is_test FROM conversations_conversation
            WHERE agent_id = agent.id
            ORDER BY created_at DESC, id DESC LIMIT %(tests)s
        ) AS looked_at
        WHERE NOT is_test ORDER BY created_at DESC LIMIT 1)
    FROM unnest(%(agents)s::uuid[]) AS agent (id)
    CROSS JOIN LATERAL (
        SELECT created_at FROM conversations_conversation
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
            SELECT created_at FROM (
                SELECT created_at, is_test FROM conversations_conversation
                WHERE agent_id = agent.id
                ORDER BY created_at DESC, id DESC LIMIT %(looked_at)s
            ) AS looked_at
            WHERE NOT is_test LIMIT %(most)s
        ) AS sessions
    )
    FROM unnest(%(agents)s::uuid[]) AS agent (id)
"""
