"""When a key that was given a last day expires."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from accounts.models import Organization


def end_of_day(day: date, organization: Organization) -> datetime:
    """Return the midnight after `day`, in the organization's time zone.

    Raises:
        OverflowError: the day is the last one that Python can represent.
    """
    return datetime.combine(day + timedelta(days=1), time.min, organization.zone)
