"""The sessions of an organization today, by the hour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from django.db import connection

from accounts.models import Organization
from conversations.days import midnight

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Band:
    """How many sessions are usual, and between which numbers nine of ten times."""

    usual: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class DayHour:
    """An hour of today. arrived: None where it has not begun. usual: None where too
    little is known.
    """

    start: datetime
    arrived: int | None
    usual: Band | None


@dataclass(frozen=True, slots=True)
class DaySoFar:
    """Sessions of an organization today, by the hour, against what is usual.

    arrived, usual: of all hours until now, the part of this hour that is over included.
    """

    hours: list[DayHour]
    arrived: int
    usual: Band | None


def day_so_far(organization: Organization, now: datetime, zone: tzinfo) -> DaySoFar:
    """Return the day so far of an organization."""
    today = now.astimezone(zone).date()
    start = midnight(today, zone).astimezone(UTC)
    end = midnight(today + timedelta(days=1), zone).astimezone(UTC)
    with connection.cursor() as cursor:
        cursor.execute(_SINCE, [start, organization.pk, start, now])
        counts = dict(cursor.fetchall())
    hours = []
    hour = start
    while hour < end:
        so_far = counts.get(hour, 0) if hour <= now else None
        hours.append(DayHour(hour, so_far, None))
        hour += HOUR
    return DaySoFar(hours, sum(counts.values()), None)


_SINCE = """
    SELECT date_bin('1 hour', created_at, %s) AS hour, count(*)
    FROM conversations_conversation
    WHERE organization_id = %s AND created_at >= %s AND created_at <= %s AND NOT is_test
    GROUP BY hour
"""
