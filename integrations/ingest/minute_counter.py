"""Counters by scope and minute, in the database, by its clock."""

from __future__ import annotations

from django.db import connection

_ADD = """
    INSERT INTO integrations_minutetally AS tally (scope, minute, count)
    VALUES (%s, date_trunc('minute', statement_timestamp()), %s)
    ON CONFLICT (scope, minute) DO UPDATE SET count = tally.count + EXCLUDED.count
    RETURNING count
"""

_READ = """
    SELECT count FROM integrations_minutetally
    WHERE scope = %s AND minute = date_trunc('minute', statement_timestamp())
"""


def add(scope: str, count: int = 1) -> int:
    """Add to this minute's count of `scope`, and return the new total."""
    with connection.cursor() as cursor:
        cursor.execute(_ADD, [scope, count])
        (total,) = cursor.fetchone()
    return int(total)


def count_of(scope: str) -> int:
    """Return this minute's count of `scope`; 0 where nothing was counted."""
    with connection.cursor() as cursor:
        cursor.execute(_READ, [scope])
        row = cursor.fetchone()
    return int(row[0]) if row else 0
