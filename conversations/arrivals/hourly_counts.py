"""How many sessions of each agent arrived in each hour, counted from the conversations.

A row for each agent, and one for the organization. Each turn counts the newest hours again
from a little before where the last one ended, since a worker may store a session hours
after it arrived; what was moved or erased is counted anew from the beginning.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from conversations.arrivals.past_hours import MAX_WEEKS
from conversations.arrivals.week_hours import HOUR

# A backlog of the worker's is through by then; later ones wait for a count from the start.
COUNTED_AGAIN = timedelta(hours=12)
# What was stored later, and whatever else may be wrong, is right again after so long.
ALL_COUNTED_AGAIN = timedelta(days=7)
# A week more than is learnt from, so that a row is cut once a week.
KEPT_HOURS = (MAX_WEEKS + 1) * 168
# In one statement.
ORGANIZATIONS_AT_ONCE = 50
AGENTS_AT_ONCE = 20
# An hour is counted once its last posts are through.
SETTLED = timedelta(minutes=2)


def last_whole_hour(now: datetime) -> datetime:
    """Return the end of the last hour of which all sessions arrived."""
    settled = (now - SETTLED).astimezone(UTC)
    return settled.replace(minute=0, second=0, microsecond=0)


def count_new_hours(now: datetime) -> int:
    """Add the hours since the last time, of some organizations; return of how many."""
    values: dict[str, Any] = {
        "hour": last_whole_hour(now),
        "again": COUNTED_AGAIN,
        "kept": KEPT_HOURS,
        "limit": ORGANIZATIONS_AT_ONCE,
    }
    with connection.cursor() as cursor:
        cursor.execute(_ADD, values)
        (count,) = cursor.fetchone()
    return int(count)


def count_from_the_start(now: datetime) -> list[UUID]:
    """Count all hours that are kept, of some agents or organizations that have no row yet,
    or whose conversations were moved or erased. Return the ids of the rows.
    """
    values: dict[str, Any] = {
        "hour": last_whole_hour(now),
        "first": last_whole_hour(now) - KEPT_HOURS * HOUR,
        "again": COUNTED_AGAIN,
        "now": now,
        "old": now - ALL_COUNTED_AGAIN,
        "limit": AGENTS_AT_ONCE,
    }
    with connection.cursor() as cursor:
        cursor.execute(_COUNT_AGENTS, values)
        found = cursor.fetchall()
        cursor.execute(_COUNT_ORGANIZATIONS, values)
        return [row_id for (row_id,) in [*found, *cursor.fetchall()]]


# The hours up to where the last turn began to count again stay; what follows is new. Hours
# between two counts in which nothing came are filled with zeros.
_ADD = """
    WITH due AS MATERIALIZED (
        SELECT organization_id, learnt_until,
            learnt_until - %(again)s::interval AS since
        FROM conversations_arrivalhistory
        WHERE agent_id IS NULL AND NOT is_stale AND learnt_until < %(hour)s
        ORDER BY organization_id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
    ), counted AS MATERIALIZED (
        SELECT due.organization_id, call.agent_id,
            date_trunc('hour', call.created_at, 'UTC') AS hour, count(*)::int AS count
        FROM due JOIN conversations_conversation AS call
            ON call.organization_id = due.organization_id
            AND call.created_at >= due.since AND call.created_at < %(hour)s
            AND NOT call.is_test
        GROUP BY due.organization_id, ROLLUP (call.agent_id), hour
    ), begun AS (
        SELECT history.id, history.counts,
            greatest(history.first_hour, due.since) AS since,
            greatest(0, extract(epoch FROM due.since - history.first_hour)::int / 3600)
                AS length
        FROM due JOIN conversations_arrivalhistory AS history USING (organization_id)
        WHERE NOT history.is_stale AND (history.agent_id IS NULL OR EXISTS (
            SELECT FROM counted WHERE counted.agent_id = history.agent_id))
    ), added AS (
        SELECT begun.id, array_agg(coalesce(counted.count, 0) ORDER BY hours.hour) AS counts
        FROM begun
        JOIN conversations_arrivalhistory AS history ON history.id = begun.id
        CROSS JOIN LATERAL generate_series(
            begun.since, %(hour)s - interval '1 hour', interval '1 hour') AS hours (hour)
        LEFT JOIN counted ON counted.organization_id = history.organization_id
            AND counted.agent_id IS NOT DISTINCT FROM history.agent_id
            AND counted.hour = hours.hour
        GROUP BY begun.id
    ), joined AS (
        SELECT begun.id, begun.counts[1:begun.length] || array_fill(
                0, ARRAY[greatest(0, begun.length - cardinality(begun.counts))])
            || added.counts AS counts
        FROM begun JOIN added USING (id)
    ), written AS (
        UPDATE conversations_arrivalhistory AS history
        SET counts = joined.counts[1 + greatest(0, cardinality(joined.counts) - %(kept)s):],
            first_hour = first_hour + make_interval(
                hours => greatest(0, cardinality(joined.counts) - %(kept)s)),
            learnt_until = %(hour)s
        FROM joined WHERE history.id = joined.id
    )
    SELECT count(*) FROM due
"""

# A little before the first session: an earlier one may yet be stored.
_FROM_THE_START = """
        SELECT first_hour, (
            SELECT coalesce(array_agg(coalesce(count, 0) ORDER BY hours.hour), '{}')
            FROM generate_series(first_hour,
                %(hour)s - interval '1 hour', interval '1 hour') AS hours (hour)
            LEFT JOIN counted USING (hour)) AS counts
        FROM (SELECT greatest(%(first)s, least(min(hour), %(hour)s) - %(again)s::interval)
                AS first_hour FROM counted) AS found
"""
_HOURS = """
            SELECT date_trunc('hour', created_at, 'UTC') AS hour, count(*)::int AS count
            FROM conversations_conversation
            WHERE {column} = due.id AND NOT is_test
                AND created_at >= %(first)s AND created_at < %(hour)s
            GROUP BY hour
"""
_COUNT = """
    WITH due AS MATERIALIZED ({due})
    INSERT INTO conversations_arrivalhistory AS history (
        id, organization_id, agent_id, first_hour, counts, learnt_until, counted_at,
        is_stale, weeks, day_shape, level_count, threshold, overnight, longest, closed_days,
        is_silent)
    SELECT gen_random_uuid(), due.organization_id, due.agent_id, found.first_hour,
        found.counts, %(hour)s, %(now)s, false, 0, 0, 0, 0, 0, 0, '{{}}', false
    FROM due CROSS JOIN LATERAL (
        WITH counted AS ({hours}) {counts}
    ) AS found
    ON CONFLICT ({conflict}) DO UPDATE SET first_hour = EXCLUDED.first_hour,
        counts = EXCLUDED.counts, learnt_until = EXCLUDED.learnt_until,
        counted_at = EXCLUDED.counted_at, is_stale = false
    RETURNING history.id
"""
_DUE_AGENTS = """
        SELECT agent.id, agent.organization_id, agent.id AS agent_id
        FROM conversations_agent AS agent
        LEFT JOIN conversations_arrivalhistory AS history ON history.agent_id = agent.id
        WHERE agent.merged_into_id IS NULL AND (history.id IS NULL
            OR history.is_stale OR history.counted_at < %(old)s)
        LIMIT %(limit)s
"""
_DUE_ORGANIZATIONS = """
        SELECT organization.id, organization.id AS organization_id,
            NULL::uuid AS agent_id
        FROM accounts_organization AS organization
        LEFT JOIN conversations_arrivalhistory AS history
            ON history.organization_id = organization.id AND history.agent_id IS NULL
        WHERE (history.id IS NULL OR history.is_stale
            OR history.counted_at < %(old)s) AND EXISTS (
            SELECT FROM conversations_agent WHERE organization_id = organization.id)
        LIMIT %(limit)s
"""
_COUNT_AGENTS = _COUNT.format(
    due=_DUE_AGENTS,
    hours=_HOURS.format(column="agent_id"),
    counts=_FROM_THE_START,
    conflict="agent_id",
)
_COUNT_ORGANIZATIONS = _COUNT.format(
    due=_DUE_ORGANIZATIONS,
    hours=_HOURS.format(column="organization_id"),
    counts=_FROM_THE_START,
    conflict="organization_id) WHERE (agent_id IS NULL",
)
