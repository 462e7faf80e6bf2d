"""Counters by scope and minute, in the database, by its clock."""

from __future__ import annotations

from typing import NamedTuple

from django.db import connection

_ADD = """
    INSERT INTO integrations_minutetally AS tally (scope, minute, count)
    VALUES (%s, date_trunc('minute', statement_timestamp()), %s)
    ON CONFLICT (scope, minute) DO UPDATE SET count = tally.count + EXCLUDED.count
    RETURNING count, 60 - floor(extract(second FROM statement_timestamp()))::int
"""

_READ = """
    SELECT count, 60 - floor(extract(second FROM statement_timestamp()))::int
    FROM integrations_minutetally
    WHERE scope = %s AND minute = date_trunc('minute', statement_timestamp())
"""


class MinuteCount(NamedTuple):
    """What was counted in this minute, and in how many seconds it ends, 1 to 60."""

    total: int
    ends_in: int


def add(scope: str, count: int = 1) -> MinuteCount:
    """Add to this minute's count of `scope`, and return the new total."""
    with connection.cursor() as cursor:
        cursor.execute(_ADD, [scope, count])
        return MinuteCount(*cursor.fetchone())


def count_of(scope: str) -> MinuteCount:
    """Return this minute's count of `scope`; 0 where nothing was counted."""
    with connection.cursor() as cursor:
        cursor.execute(_READ, [scope])
        return MinuteCount(*(cursor.fetchone() or (0, 60)))
