"""The newest conversations of an organization, and which of them went wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from accounts.models import Organization
from conversations.models import Agent, Conversation, Transcript

MAX_NEWEST = 8
MAX_WRONG = 5
# Lately: among so many of the newest, and not before so many days.
LOOKED_THROUGH = 500
LOOKED_THROUGH_DAYS = 7
# The turns of so few are read, and of no long ones.
LATENCIES_FROM = 40
MAX_TURNS_READ = 300
MAX_SLOW = 3
# A quicker answer is nothing to look at, in seconds.
MIN_SLOW = 2.0
# What senders call it when a session breaks; LiveKit's SDK says `error`.
BROKE = r"\m(error|errors|failed|failure|crash|crashed)\M"

_NEWEST = f"""
    WITH newest AS MATERIALIZED (
        SELECT id, agent_id, external_id, created_at, updated_at, outcome, ended_reason,
            turn_count, has_transcript
        FROM {Conversation._meta.db_table}
        WHERE organization_id = %(organization)s AND created_at >= %(since)s
        ORDER BY created_at DESC, id DESC LIMIT %(most)s
    )
"""  # noqa: S608 - ours
_WRONG = f"""
    {_NEWEST}, wrong AS MATERIALIZED (
        SELECT * FROM newest
        WHERE outcome = 'fail' OR translate(ended_reason, '_-.', '   ') ~* %(broke)s
    )
    SELECT wrong.id, wrong.external_id, coalesce(nullif(agent.name, ''),
            agent.external_id), wrong.created_at, wrong.outcome, wrong.ended_reason,
        (SELECT count(*) FROM wrong), (SELECT count(*) FROM newest),
        (SELECT max(updated_at) FROM newest)
    FROM (SELECT true) AS one
    LEFT JOIN wrong ON true
    LEFT JOIN {Agent._meta.db_table} AS agent ON agent.id = wrong.agent_id
    ORDER BY wrong.created_at DESC, wrong.id DESC LIMIT %(shown)s
"""  # noqa: S608
# The number of a turn is its place, as in the anchors of the conversation's page.
_SLOW = f"""
    {_NEWEST}, read AS (
        SELECT * FROM newest WHERE has_transcript AND turn_count <= %(most_turns)s
        ORDER BY created_at DESC, id DESC LIMIT %(read)s
    ), answers AS (
        SELECT read.id, read.agent_id, read.external_id, read.created_at, turn.number,
            jsonb_path_query_first(
                turn.value, '$.metrics.e2e_latency ? (@ > 0 && @ <= 3600)'
            )::float8 AS seconds
        FROM read
        JOIN {Transcript._meta.db_table} AS transcript
            ON transcript.conversation_id = read.id
        CROSS JOIN LATERAL jsonb_array_elements(
            CASE jsonb_typeof(transcript.turns) WHEN 'array' THEN transcript.turns END
        ) WITH ORDINALITY AS turn (value, number)
    ), slowest AS (
        SELECT DISTINCT ON (id) * FROM answers WHERE seconds >= %(slow)s
        ORDER BY id, seconds DESC, number
    )
    SELECT slowest.id, slowest.external_id, coalesce(nullif(agent.name, ''),
        agent.external_id), slowest.created_at, number, seconds
    FROM slowest JOIN {Agent._meta.db_table} AS agent ON agent.id = slowest.agent_id
    ORDER BY seconds DESC, slowest.id DESC LIMIT %(shown)s
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class WrongCall:
    """A conversation that failed by its verdict, or broke."""

    id: UUID
    reference: str
    agent: str
    created_at: datetime
    outcome: str
    ended_reason: str

    @property
    def is_judged(self) -> bool:
        """Return whether it was judged to have failed; else it broke."""
        return self.outcome == "fail"


@dataclass(frozen=True, slots=True)
class WrongCalls:
    """What went wrong among the newest conversations.

    shown: the newest of them. among: how many conversations were looked through.
    changed_at: when any of those last changed; None where there are none.
    """

    shown: Sequence[WrongCall]
    count: int
    among: int
    changed_at: datetime | None


@dataclass(frozen=True, slots=True)
class SlowCall:
    """The slowest answer of a conversation, in seconds. turn: its number, from 1."""

    id: UUID
    reference: str
    agent: str
    created_at: datetime
    turn: int
    seconds: float


def newest_calls(organization: Organization) -> list[Conversation]:
    """Return the newest conversations, newest first."""
    own = Conversation.objects.in_organization(organization)
    return list(own.for_list().newest_first()[:MAX_NEWEST])


def wrong_calls(organization: Organization, since: datetime) -> WrongCalls:
    """Return what went wrong lately. since: nothing before is looked at."""
    with connection.cursor() as cursor:
        cursor.execute(
            _WRONG,
            {
                "organization": organization.pk,
                "since": since,
                "most": LOOKED_THROUGH,
                "broke": BROKE,
                "shown": MAX_WRONG,
            },
        )
        rows = cursor.fetchall()
    *_, count, among, changed_at = rows[0]
    shown = [WrongCall(*row[:6]) for row in rows if row[0]]
    return WrongCalls(shown, count, among, changed_at)


def slow_calls(organization: Organization, since: datetime) -> list[SlowCall]:
    """Return the conversations with the longest answers among the newest, the slowest
    first; those that tell no latency are not among them.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            _SLOW,
            {
                "organization": organization.pk,
                "since": since,
                "most": LOOKED_THROUGH,
                "read": LATENCIES_FROM,
                "most_turns": MAX_TURNS_READ,
                "slow": MIN_SLOW,
                "shown": MAX_SLOW,
            },
        )
        return [SlowCall(*row) for row in cursor.fetchall()]
