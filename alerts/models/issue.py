"""Issues: something that is wrong, from when it is seen until it is over."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Self
from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from accounts.identifiers import time_ordered_uuid
from accounts.models import ApiKey, Organization
from conversations.models import Agent


class IssueKind(models.TextChoices):
    """What may be wrong. The sentences are in `alerts.texts`."""

    AGENT_SILENT = "agent_silent", "Agent silent"
    ALL_SILENT = "all_silent", "All agents silent"
    SESSIONS_REFUSED = "sessions_refused", "Sessions refused"
    SESSIONS_MISSING = "sessions_missing", "Sessions missing"
    DELIVERIES_FAILED = "deliveries_failed", "Deliveries failed"
    DELIVERIES_WAITING = "deliveries_waiting", "Deliveries waiting"
    KEY_EXPIRES = "key_expires", "Key expires"
    KEY_UNUSED = "key_unused", "Key no longer used"
    RECORDINGS_FAILED = "recordings_failed", "Recordings not to be had"
    # Of Zelto itself; they belong to the organization that was made first.
    DISK_FULL = "disk_full", "Disk almost full"
    QUEUE_LONG = "queue_long", "Queue too long"
    WORKER_AWAY = "worker_away", "Worker away"
    MEDIA_AWAY = "media_away", "Media worker away"


# Only owners see these.
OF_THE_INSTANCE = frozenset(
    {
        IssueKind.DISK_FULL,
        IssueKind.QUEUE_LONG,
        IssueKind.WORKER_AWAY,
        IssueKind.MEDIA_AWAY,
    }
)


class IssueQuerySet(models.QuerySet["Issue"]):
    def in_organization(self, organization: Organization) -> Self:
        return self.filter(organization=organization)

    def open(self) -> Self:
        return self.filter(resolved_at=None)

    def awake(self) -> Self:
        return self.filter(
            models.Q(snoozed_until=None) | models.Q(snoozed_until__lte=Now())
        )

    def snoozed(self) -> Self:
        return self.filter(snoozed_until__gt=Now())

    def visible(self, *, to_owner: bool) -> Self:
        return self if to_owner else self.exclude(kind__in=OF_THE_INSTANCE)

    def resolved(self) -> Self:
        return self.filter(resolved_at__isnull=False)

    def newest_first(self) -> Self:
        return self.order_by("-opened_at", "-id")

    def oldest_first(self) -> Self:
        return self.order_by("opened_at", "id")

    def older_than(self, opened_at: datetime, issue_id: UUID) -> Self:
        # The first condition alone bounds the index; the second settles ties.
        return self.filter(
            models.Q(opened_at__lt=opened_at) | models.Q(id__lt=issue_id),
            opened_at__lte=opened_at,
        )

    def newer_than(self, opened_at: datetime, issue_id: UUID) -> Self:
        return self.filter(
            models.Q(opened_at__gt=opened_at) | models.Q(id__gt=issue_id),
            opened_at__gte=opened_at,
        )

    def for_list(self) -> Self:
        return self.select_related("agent", "key", "acknowledged_by")


class Issue(models.Model):
    """Something that is wrong: one row for one cause, however many sessions it concerns.

    It is open until a look finds its cause gone; a cause that comes back soon opens the
    same row again.
    """

    id = models.UUIDField(primary_key=True, default=time_ordered_uuid, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, db_index=False, related_name="issues"
    )
    # No choices here: another kind is no migration.
    kind = models.CharField(max_length=32)
    # What tells it from others of its kind: an agent, a key, a reason.
    cause = models.CharField(max_length=400, blank=True)
    agent = models.ForeignKey(
        Agent, on_delete=models.SET_NULL, null=True, db_index=False, related_name="+"
    )
    key = models.ForeignKey(
        ApiKey, on_delete=models.SET_NULL, null=True, db_index=False, related_name="+"
    )
    # When it began, which is before it was seen.
    since = models.DateTimeField()
    opened_at = models.DateTimeField(default=timezone.now)
    # By the newest look that still found it.
    seen_at = models.DateTimeField(default=timezone.now)
    resolved_at = models.DateTimeField(null=True)
    # Of sessions, deliveries, recordings, as its kind has them.
    count = models.PositiveIntegerField(default=0)
    # What its sentences say: numbers, names, moments; no word of a transcript, no caller.
    facts = models.JSONField(default=dict)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        db_index=False,
        related_name="+",
    )
    snoozed_until = models.DateTimeField(null=True)
    times_reopened = models.PositiveIntegerField(default=0)

    objects: ClassVar[IssueQuerySet] = IssueQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["organization", "kind", "cause"],
                condition=models.Q(resolved_at=None),
                name="issue_open_once",
            ),
        )
        indexes = (
            models.Index(
                fields=["organization", "opened_at", "id"], name="issue_newest"
            ),
            # Those that are open: few, however many are over.
            models.Index(
                fields=["organization", "opened_at", "id"],
                name="issue_open_newest",
                condition=models.Q(resolved_at=None),
            ),
            models.Index(
                fields=["organization", "kind", "cause", "resolved_at"],
                name="issue_by_cause",
            ),
            models.Index(fields=["agent", "opened_at"], name="issue_by_agent"),
            models.Index(fields=["key"], name="issue_by_key"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.cause}"

    @property
    def is_open(self) -> bool:
        return self.resolved_at is None

    def is_snoozed(self, now: datetime) -> bool:
        """Tell whether its messages and the bell rest at a moment."""
        return self.snoozed_until is not None and self.snoozed_until > now


class IssueChange(models.Model):
    """A step in an issue's life: what its history shows and what messages tell."""

    class Kind(models.TextChoices):
        OPENED = "opened", "Opened"
        REOPENED = "reopened", "Opened again"
        ACKNOWLEDGED = "acknowledged", "Acknowledged"
        SNOOZED = "snoozed", "Snoozed"
        WOKEN = "woken", "Snooze ended"
        RESOLVED = "resolved", "Resolved"

    id = models.UUIDField(primary_key=True, default=time_ordered_uuid, editable=False)
    issue = models.ForeignKey(
        Issue, on_delete=models.CASCADE, related_name="changes", db_index=False
    )
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, db_index=False, related_name="+"
    )
    kind = models.CharField(max_length=16, choices=Kind.choices)
    # Nobody where Zelto itself did it.
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        db_index=False,
        related_name="+",
    )
    # Their name at that time; outlives the account.
    actor = models.CharField(max_length=300, blank=True)
    # The issue's at that time, for messages.
    since = models.DateTimeField()
    count = models.PositiveIntegerField(default=0)
    facts = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = (models.Index(fields=["issue", "id"], name="issue_change_of"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.issue_id}"
