"""Messages to channels as jobs, and each attempt to send one."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar, Self

from django.db import models
from django.utils import timezone

from accounts.identifiers import time_ordered_uuid
from accounts.models import LeasedJob, Organization
from alerts.models.channel import Channel
from alerts.models.issue import Issue


class MessageQuerySet(models.QuerySet["Message"]):
    def in_organization(self, organization: Organization) -> Self:
        return self.filter(organization=organization)


class Message(LeasedJob):
    """The job of telling one channel one thing; there before the first try.

    Written in the transaction that changes what it tells, so there is exactly one.
    """

    # Over a day: 10 s, 1, 5 and 30 minutes, 2, 6, 12 hours.
    WAITS = (10, 60, 300, 1800, 7200, 21_600, 43_200)
    # Longer than the slowest try: a second one meanwhile would tell it twice.
    LEASE = timedelta(minutes=2)
    ORGANIZATION = "organization_id"

    id = models.UUIDField(primary_key=True, default=time_ordered_uuid, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, db_index=False, related_name="+"
    )
    channel = models.ForeignKey(
        Channel, on_delete=models.CASCADE, db_index=False, related_name="messages"
    )
    # `issue.opened`, `issue.resolved`, `issues.storm`, `conversation.created`,
    # `summary.weekly`, `test` and so on.
    event = models.CharField(max_length=40)
    issue = models.ForeignKey(
        Issue, on_delete=models.CASCADE, null=True, db_index=False, related_name="+"
    )
    # What it is about, so that the same is never told twice.
    about = models.CharField(max_length=200)
    # What it says, as of its making; its kind of event has the shape.
    content = models.JSONField(default=dict)
    # Not before then: quiet hours, days off.
    held_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True)

    objects: ClassVar[MessageQuerySet] = MessageQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["channel", "about"], name="message_told_once"
            ),
        )
        indexes = (
            models.Index(
                fields=["next_try_at", "id"],
                name="message_due",
                condition=models.Q(state__in=["waiting", "running"]),
            ),
            models.Index(fields=["channel", "id"], name="message_of_channel"),
            models.Index(fields=["organization", "id"], name="message_newest"),
            models.Index(
                fields=["issue"],
                name="message_of_issue",
                condition=models.Q(issue__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return f"{self.event} to {self.channel_id}"


class AttemptQuerySet(models.QuerySet["Attempt"]):
    def in_organization(self, organization: Organization) -> Self:
        return self.filter(organization=organization)


class Attempt(models.Model):
    """One try to send a message: what was answered, and when the next one is."""

    id = models.UUIDField(primary_key=True, default=time_ordered_uuid, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, db_index=False, related_name="+"
    )
    channel = models.ForeignKey(
        Channel, on_delete=models.CASCADE, db_index=False, related_name="tries"
    )
    message = models.ForeignKey(
        Message, on_delete=models.CASCADE, db_index=False, related_name="tries"
    )
    number = models.PositiveSmallIntegerField()
    was_taken = models.BooleanField()
    # Of HTTP or SMTP; null where none came.
    status = models.PositiveSmallIntegerField(null=True)
    # The beginning of the answer, without secrets.
    answer = models.CharField(max_length=500, blank=True)
    # A sentence, where it was not taken.
    reason = models.TextField(blank=True)
    seconds = models.FloatField()
    next_try_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[AttemptQuerySet] = AttemptQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        indexes = (
            models.Index(fields=["channel", "id"], name="attempt_of_channel"),
            models.Index(fields=["message", "id"], name="attempt_of_message"),
        )

    def __str__(self) -> str:
        return f"Attempt {self.number} of {self.message_id}"
