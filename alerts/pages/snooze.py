"""How long an issue rests, by the choices that pages offer."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta, tzinfo

from django.db import models


class SnoozeTime(models.TextChoices):
    """For how long nobody wants to hear of an issue."""

    HOUR = "hour", "For an hour"
    MORNING = "morning", "Until tomorrow, 8:00"
    WEEK = "week", "For a week"


MORNING = time(8)


def snoozed_until(choice: SnoozeTime, now: datetime, zone: tzinfo) -> datetime:
    """Return when a snooze ends.

    zone: the organization's, in which it is eight in the morning.
    """
    if choice is SnoozeTime.HOUR:
        return now + timedelta(hours=1)
    if choice is SnoozeTime.WEEK:
        return now + timedelta(days=7)
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(tomorrow, MORNING, tzinfo=zone).astimezone(UTC)
