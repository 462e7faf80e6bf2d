"""Times in which no worker of Zelto ran: what did not arrive then is nobody's silence."""

from __future__ import annotations

from datetime import datetime, timedelta

from conversations.arrivals.week_hours import Interval
from conversations.models import Absence

# What is learnt from reaches no further back.
KEPT = timedelta(weeks=15)


def note_absence(since: datetime, until: datetime) -> None:
    """Note that no worker was seen meanwhile; the app that watches them calls it."""
    Absence.objects.filter(ended_at__lt=until - KEPT).delete()
    Absence.objects.create(began_at=since, ended_at=until)


def absences_since(moment: datetime) -> list[Interval]:
    """Return the absences that ended after a moment, the oldest first."""
    rows = Absence.objects.filter(ended_at__gt=moment).order_by("began_at", "id")
    return [row.interval for row in rows]
