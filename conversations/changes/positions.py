"""Positions of changes: given once a change is committed, by one at a time.

A program that goes on behind the last position it saw misses nothing: when a change gets
its position, all lower ones are committed. A transaction that commits late gets a later
position, however early it wrote its row, and holds nobody up. So neither clocks nor the
numbers of transactions are in it, and a dump takes the order along into another cluster.

Positions are microseconds since 1970, or one more than the last where that is later. So
they go on above all that were given, also after yesterday's backup was restored.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import connection, transaction

from conversations.models import Change, ChangeCounter
from conversations.worker_stop import Turn

AT_ONCE = 1000
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LOCK = """
    INSERT INTO conversations_changecounter AS counter (organization_id, last_position)
    VALUES (%(organization)s, 0)
    ON CONFLICT (organization_id) DO UPDATE SET last_position = counter.last_position
    RETURNING greatest(
        last_position, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint
    )
"""
# Whose row is locked is being changed again, and waits again after that.
_GIVE = """
    WITH waiting AS MATERIALIZED (
        SELECT conversation_id FROM conversations_change
        WHERE organization_id = %(organization)s AND position IS NULL
        ORDER BY conversation_id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
    ), numbered AS (
        SELECT conversation_id, row_number() OVER (ORDER BY conversation_id) AS number
        FROM waiting
    ), given AS (
        UPDATE conversations_change AS change SET position = %(last)s + number,
            first_position = coalesce(first_position, %(last)s + number),
            event_position = CASE WHEN is_event THEN %(last)s + number
                ELSE event_position END
        FROM numbered WHERE change.conversation_id = numbered.conversation_id
        RETURNING position
    ), highest AS (
        SELECT max(position) AS position, count(*) AS count FROM given
    )
    UPDATE conversations_changecounter AS counter SET last_position = highest.position
    FROM highest WHERE organization_id = %(organization)s AND highest.count > 0
    RETURNING highest.count
"""


def give_positions(organization_id: UUID, limit: int = AT_ONCE) -> int:
    """Give positions to at most so many committed changes that have none; return to how
    many.
    """
    if not Change.objects.of_organization(organization_id).waiting().exists():
        return 0
    with transaction.atomic(), connection.cursor() as cursor:
        values: dict[str, UUID | int] = {
            "organization": organization_id,
            "limit": limit,
        }
        # A statement of its own: the next one sees all that was committed before it.
        cursor.execute(_LOCK, values)
        (last,) = cursor.fetchone()
        cursor.execute(_GIVE, values | {"last": last})
        row = cursor.fetchone()
    return int(row[0]) if row else 0


def give_waiting_positions(seconds: float) -> bool:
    """Give positions in all organizations, in turns, for so long. Return whether there
    may be more.
    """
    turn = Turn(seconds)
    waiting = Change.objects.waiting().values_list("organization_id", flat=True)
    organizations = set(waiting.distinct())
    while organizations:
        for one in list(organizations):
            if turn.is_over:
                return True
            if give_positions(one) < AT_ONCE:
                organizations.remove(one)
    return False


def position_at(organization_id: UUID, moment: datetime) -> int:
    """Return a position behind which everything is that is committed at `moment` (aware)
    or later; no later than the last one, whatever the clocks say.
    """
    asked = (moment - _EPOCH) // timedelta(microseconds=1)
    counter = ChangeCounter.objects.filter(pk=organization_id).first()
    return max(0, min(asked, counter.last_position if counter else 0))
