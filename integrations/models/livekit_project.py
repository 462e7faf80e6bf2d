"""LiveKit projects that are watched: their secrets, and the events that came of them."""

from __future__ import annotations

from datetime import datetime
from secrets import token_urlsafe
from typing import ClassVar, Self

from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from accounts.identifiers import time_ordered_uuid
from accounts.models import Organization
from accounts.models.encrypted_text import EncryptedTextField

GRACE_MINUTES = 10
MAX_GRACE_MINUTES = 24 * 60
# An agent may rest at night: this says that nothing came, not that something is wrong.
SILENT_AFTER_HOURS = 24


def new_token() -> str:
    """Return what makes the address of a project's events unguessable: 128 bits."""
    return token_urlsafe(16)


class LiveKitProjectQuerySet(models.QuerySet["LiveKitProject"]):
    def watched(self) -> Self:
        """Return those that are not removed."""
        return self.filter(removed_at=None)

    def in_organization(self, organization: Organization) -> Self:
        """Return the watched ones of an organization."""
        return self.watched().filter(organization=organization)


class LiveKitProject(models.Model):
    """A LiveKit project that sends its events to Zelto (a webhook of its server)."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting for the first event"
        RECEIVING = "receiving", "Receiving"
        SILENT = "silent", "Silent"

    id = models.UUIDField(primary_key=True, default=time_ordered_uuid, editable=False)
    organization = models.ForeignKey(
        Organization,
        on_delete=models.CASCADE,
        db_index=False,
        related_name="livekit_projects",
    )
    name = models.CharField(max_length=100)
    # The last part of the address that is entered in LiveKit.
    token = models.CharField(max_length=32, unique=True, default=new_token)
    # A session that has not arrived so long after its end is missing.
    grace_minutes = models.PositiveSmallIntegerField(default=GRACE_MINUTES)
    created_at = models.DateTimeField(default=timezone.now)
    first_event_at = models.DateTimeField(null=True)
    last_event_at = models.DateTimeField(null=True)
    # Requests whose signature was wrong, and why the last one was.
    refused_count = models.PositiveIntegerField(default=0)
    last_refused_at = models.DateTimeField(null=True)
    last_refusal = models.CharField(max_length=255, blank=True)
    # It is gone for everybody; a worker deletes what came of it, in batches.
    removed_at = models.DateTimeField(null=True)

    objects: ClassVar[LiveKitProjectQuerySet] = LiveKitProjectQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["organization", "name"], name="livekit_project_name_once"
            ),
        )

    def __str__(self) -> str:
        return self.name

    def state_at(self, now: datetime) -> State:
        """Return whether events come."""
        if self.last_event_at is None:
            return self.State.WAITING
        hours = (now - self.last_event_at).total_seconds() / 3600
        return self.State.SILENT if hours > SILENT_AFTER_HOURS else self.State.RECEIVING


class LiveKitCredential(models.Model):
    """An API key of a LiveKit project with its secret, to check signatures by: two of a
    project while its key is rotated.
    """

    project = models.ForeignKey(
        LiveKitProject,
        on_delete=models.CASCADE,
        db_index=False,
        related_name="credentials",
    )
    api_key = models.CharField(max_length=100)
    secret = EncryptedTextField()
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["project", "api_key"], name="livekit_credential_once"
            ),
        )

    def __str__(self) -> str:
        return self.api_key


class LiveKitEvent(models.Model):
    """An event as it arrived: stored first, read by a worker later, once each."""

    id = models.BigAutoField(primary_key=True)
    project = models.ForeignKey(
        LiveKitProject,
        on_delete=models.CASCADE,
        db_constraint=False,
        db_index=False,
        related_name="events",
    )
    # LiveKit's id of it: what comes again is the same event.
    event_id = models.CharField(max_length=64)
    # Such as `room_finished`; also one that is not known here.
    name = models.CharField(max_length=64)
    received_at = models.DateTimeField(db_default=Now())
    body = models.BinaryField()
    processed_at = models.DateTimeField(null=True)
    # Why nothing could be read from it: a sentence.
    error = models.TextField(blank=True, default="", db_default="")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["project", "event_id"], name="livekit_event_once"
            ),
        )
        indexes = (
            # What waits for a worker: hot and small.
            models.Index(
                fields=["id"],
                name="livekit_event_waiting",
                condition=models.Q(processed_at__isnull=True),
            ),
            # Retention.
            models.Index(fields=["received_at"], name="livekit_event_age"),
        )

    def __str__(self) -> str:
        return f"{self.name} {self.event_id}"


class LiveKitGap(models.Model):
    """A time of which not all events are known: LiveKit dropped some, or Zelto was away.

    What ended in it is never called missing.
    """

    project = models.ForeignKey(
        LiveKitProject, on_delete=models.CASCADE, db_index=False, related_name="gaps"
    )
    began_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    reason = models.CharField(max_length=255)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["project", "ended_at"], name="livekit_gap_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.began_at} to {self.ended_at}: {self.reason}"
