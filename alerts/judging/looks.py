"""Every look there is, in the order of a round, and how often each is taken."""

from __future__ import annotations

from datetime import timedelta

from alerts.causes import (
    deliveries,
    keys,
    missing,
    of_zelto,
    recordings,
    refused,
    silence,
    silence_endings,
)
from alerts.causes.look import Cause
from alerts.models import IssueKind

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)

# What is refused or missing comes first: whoever is silent for that is not told twice.
CAUSES = (
    Cause(
        name="refused",
        kinds=frozenset({IssueKind.SESSIONS_REFUSED}),
        every=MINUTE,
        find=refused.find,
        endings=refused.endings,
    ),
    Cause(
        name="missing",
        kinds=frozenset({IssueKind.SESSIONS_MISSING}),
        every=2 * MINUTE,
        find=missing.find,
        endings=missing.endings,
        of_arrivals=True,
    ),
    Cause(
        name="silence",
        kinds=frozenset({IssueKind.AGENT_SILENT, IssueKind.ALL_SILENT}),
        every=MINUTE,
        find=silence.find,
        endings=silence_endings.endings,
        of_arrivals=True,
    ),
    Cause(
        name="failed",
        kinds=frozenset({IssueKind.DELIVERIES_FAILED}),
        every=2 * MINUTE,
        find=deliveries.find_failed,
    ),
    Cause(
        name="waiting",
        kinds=frozenset({IssueKind.DELIVERIES_WAITING, IssueKind.QUEUE_LONG}),
        every=MINUTE,
        find=deliveries.find_waiting,
        of_zelto=True,
    ),
    Cause(
        name="recordings",
        kinds=frozenset({IssueKind.RECORDINGS_FAILED}),
        every=5 * MINUTE,
        find=recordings.find,
        endings=recordings.endings,
    ),
    Cause(
        name="expiring keys",
        kinds=frozenset({IssueKind.KEY_EXPIRES}),
        every=10 * MINUTE,
        find=keys.find_expiring,
        endings=keys.endings,
    ),
    Cause(
        name="unused keys",
        kinds=frozenset({IssueKind.KEY_UNUSED}),
        every=HOUR,
        find=keys.find_unused,
        endings=keys.endings,
        of_arrivals=True,
    ),
    Cause(
        name="zelto",
        kinds=frozenset(
            {IssueKind.DISK_FULL, IssueKind.WORKER_AWAY, IssueKind.MEDIA_AWAY}
        ),
        every=MINUTE,
        find=of_zelto.find,
        of_zelto=True,
    ),
)
