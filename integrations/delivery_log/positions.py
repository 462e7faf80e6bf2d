"""The position of a moment in an organization's log.

The log has no index by time: it would cost every post, and rows lie in the order of
their arrival anyway. So the position is found by binary search.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

# Clocks that are set, and posts that overtake each other, put rows out of order by
# seconds. Callers still have to compare the time of each row.
SLACK = timedelta(minutes=2)

_HALVE = """
    WITH RECURSIVE bounds (low, high) AS (
        SELECT min(sequence), max(sequence) + 1
        FROM integrations_delivery WHERE organization_id = %(organization)s
        UNION ALL
        SELECT
            CASE WHEN row.received_at < %(moment)s THEN row.sequence + 1 ELSE low END,
            CASE WHEN row.received_at < %(moment)s THEN high ELSE middle END
        FROM bounds, LATERAL (SELECT (low + high) / 2 AS middle) AS half
        LEFT JOIN LATERAL (
            SELECT sequence, received_at FROM integrations_delivery
            WHERE organization_id = %(organization)s
                AND sequence >= middle AND sequence < high
            ORDER BY sequence LIMIT 1
        ) AS row ON true
        WHERE low < high
    )
    SELECT low FROM bounds WHERE low = high
"""


def sequence_before(organization_id: UUID, moment: datetime) -> int:
    """Return a sequence below that of all that arrived at `moment` or later (aware)."""
    return _sequence_at(organization_id, moment - SLACK) - 1


def sequence_after(organization_id: UUID, moment: datetime) -> int:
    """Return a sequence above that of all that arrived before `moment` (aware)."""
    return _sequence_at(organization_id, moment + SLACK)


def _sequence_at(organization_id: UUID, moment: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_HALVE, {"organization": organization_id, "moment": moment})
        row = cursor.fetchone()
    return int(row[0]) if row else 0
