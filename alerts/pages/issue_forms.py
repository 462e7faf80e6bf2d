"""The filters above lists of issues, and for how long one rests, as pages offer it."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta, tzinfo

from django.db import models

from alerts.models import IssueKind
from web.list_form import IdFilter, ListForm, PickFilter

NEW, ACKNOWLEDGED, SNOOZED = "new", "acknowledged", "snoozed"
STATES = [
    (NEW, "Not acknowledged"),
    (ACKNOWLEDGED, "Acknowledged"),
    (SNOOZED, "Snoozed"),
]


class HistoryForm(ListForm):
    """The filters of the list of resolved issues."""

    kind = PickFilter("What", IssueKind.choices, every="Anything", noun="kind")
    agent = IdFilter("Agent", every="Any agent", noun="agent")


class IssuesForm(HistoryForm):
    """The filters of the list of open issues."""

    state = PickFilter("State", STATES, every="All open ones", noun="state")


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
