"""When a key that was given a last day stops."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from accounts.models import Organization


def end_of_day(day: date, organization: Organization) -> datetime:
    """Midnight after `day`, where the organization is. Raises OverflowError."""
    return datetime.combine(day + timedelta(days=1), time.min, organization.zone)
