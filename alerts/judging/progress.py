"""The rows that say when something was done last, in one statement each."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from alerts.models import Progress

_TABLE = Progress._meta.db_table
_NOTE = f"""
    INSERT INTO {_TABLE} (name, at, position) VALUES (%(name)s, %(at)s, 0)
    ON CONFLICT (name) DO UPDATE SET at = EXCLUDED.at
"""  # noqa: S608
# A moment ahead is none: the clock was set back.
_CLAIM = f"""
    UPDATE {_TABLE} SET at = %(now)s WHERE name = (
        SELECT name FROM {_TABLE}
        WHERE name = %(name)s AND (at IS NULL OR at <= %(before)s OR at > %(now)s)
        FOR NO KEY UPDATE SKIP LOCKED)
    RETURNING name
"""  # noqa: S608


def note(name: str, at: datetime) -> None:
    """Note when this was done."""
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, {"name": name, "at": at})


def claim(name: str, now: datetime, every: timedelta) -> bool:
    """Claim a turn, and hold it until the transaction ends; tell whether it is one: the
    last is so long ago, and nobody else holds it.
    """
    parameters: dict[str, Any] = {"name": name, "now": now, "before": now - every}
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, parameters)
        if cursor.fetchone():
            return True
        cursor.execute(
            f"INSERT INTO {_TABLE} (name, position) VALUES (%(name)s, 0) "  # noqa: S608
            "ON CONFLICT (name) DO NOTHING",
            parameters,
        )
        if not cursor.rowcount:
            return False
        cursor.execute(_CLAIM, parameters)
        return cursor.fetchone() is not None


def is_due(at: datetime | None, now: datetime, every: timedelta) -> bool:
    """Return whether a turn is due whose last one was then."""
    return at is None or at <= now - every or at > now
