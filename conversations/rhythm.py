"""Whether an agent is silent, measured against what is usual for that agent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from uuid import UUID

from django.db import connection

# Two weekends: what is usual for an office is in here.
WINDOW = timedelta(days=14)
# Fewer sessions than this in the window say nothing about what is usual.
ENOUGH_SESSIONS = 5
# Silence has to be this much longer than the longest one of the window.
PATIENCE = 1.5
SHORTEST_SILENCE = timedelta(hours=1)


class State(Enum):
    QUIET = "warn"
    ACTIVE = "ok"
    DORMANT = "dormant"
    NEW = "none"


@dataclass(frozen=True, slots=True)
class Rhythm:
    """How often an agent's sessions come.

    day, week, window: conversations in the last 24 hours, 7 days, 14 days.
    longest_silence: between two sessions of the last 14 days.
    """

    last_session_at: datetime | None = None
    day: int = 0
    week: int = 0
    window: int = 0
    longest_silence: timedelta | None = None

    def state(self, now: datetime) -> State:
        if self.last_session_at is None:
            return State.NEW
        if not self.window:
            return State.DORMANT
        if self.longest_silence is None or self.window < ENOUGH_SESSIONS:
            return State.ACTIVE
        patience = max(self.longest_silence * PATIENCE, SHORTEST_SILENCE)
        if now - self.last_session_at > patience:
            return State.QUIET
        return State.ACTIVE


def rhythms(agent_ids: Iterable[UUID], now: datetime) -> dict[UUID, Rhythm]:
    """The rhythm of each of these agents, in one query over the index by agent."""
    with connection.cursor() as cursor:
        cursor.execute(
            _RHYTHMS,
            {
                "agents": list(agent_ids),
                "day": now - timedelta(days=1),
                "week": now - timedelta(days=7),
                "window": now - WINDOW,
            },
        )
        return {row[0]: Rhythm(*row[1:]) for row in cursor.fetchall()}


_RHYTHMS = """
    SELECT
        agent.id,
        newest.created_at,
        coalesce(recent.day, 0),
        coalesce(recent.week, 0),
        coalesce(recent.sessions, 0),
        recent.longest_silence
    FROM unnest(%(agents)s::uuid[]) AS agent (id)
    LEFT JOIN LATERAL (
        SELECT created_at FROM conversations_conversation
        WHERE agent_id = agent.id
        ORDER BY created_at DESC, id DESC LIMIT 1
    ) AS newest ON true
    LEFT JOIN LATERAL (
        SELECT
            count(*) FILTER (WHERE created_at > %(day)s) AS day,
            count(*) FILTER (WHERE created_at > %(week)s) AS week,
            count(*) AS sessions,
            max(silence) AS longest_silence
        FROM (
            SELECT
                created_at,
                created_at - lag(created_at) OVER (ORDER BY created_at) AS silence
            FROM conversations_conversation
            WHERE agent_id = agent.id AND created_at > %(window)s
        ) AS sessions
    ) AS recent ON true
"""
