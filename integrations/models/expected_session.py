"""Agents' sessions that LiveKit's events tell of, and their counts by hour."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Self
from uuid import UUID

from django.db import models
from django.utils import timezone

from accounts.identifiers import time_ordered_uuid
from accounts.models import Organization
from conversations.models import Agent, Conversation
from integrations.models.livekit_project import LiveKitProject


class ExpectedSessionQuerySet(models.QuerySet["ExpectedSession"]):
    def in_organization(self, organization: Organization) -> Self:
        return self.filter(organization=organization)

    def newest_first(self) -> Self:
        return self.order_by("-expected_at", "-id")

    def oldest_first(self) -> Self:
        return self.order_by("expected_at", "id")

    def older_than(self, expected_at: datetime, identifier: UUID) -> Self:
        """Keep what comes after this position in a list that is newest first."""
        # The first condition alone bounds the index; the second settles ties.
        return self.filter(
            models.Q(expected_at__lt=expected_at) | models.Q(id__lt=identifier),
            expected_at__lte=expected_at,
        )

    def newer_than(self, expected_at: datetime, identifier: UUID) -> Self:
        """Keep what comes before this position in a list that is newest first."""
        return self.filter(
            models.Q(expected_at__gt=expected_at) | models.Q(id__gt=identifier),
            expected_at__gte=expected_at,
        )

    def late(self) -> Self:
        """Keep what arrived after it had been called missing."""
        return self.filter(came_late=True, state=ExpectedSession.State.ARRIVED)

    def for_list(self) -> Self:
        return self.select_related("agent", "project")


class ExpectedSession(models.Model):
    """A session of an agent that LiveKit told of, and what became of it here.

    One row for each job; from servers that send no events of jobs, for each time that
    an agent joined a room. All times are LiveKit's, but those that say so.
    """

    class State(models.TextChoices):
        RUNNING = "running", "Running"
        AWAITED = "awaited", "Awaited"
        ARRIVED = "arrived", "Arrived"
        REFUSED = "refused", "Refused"
        MISSING = "missing", "Missing"
        NO_SESSION = "no_session", "No session"
        NOT_TOLD = "not_told", "Not told"

    id = models.UUIDField(primary_key=True, default=time_ordered_uuid, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, db_index=False, related_name="+"
    )
    project = models.ForeignKey(
        LiveKitProject,
        on_delete=models.CASCADE,
        db_index=False,
        related_name="expected_sessions",
    )
    # The job's id, else the sid of the agent in the room.
    reference = models.CharField(max_length=255)
    job_id = models.CharField(max_length=255, blank=True)
    room_sid = models.CharField(max_length=64, blank=True)
    room_name = models.CharField(max_length=255, blank=True)
    # As it is dispatched; empty where the worker gives none.
    agent_name = models.CharField(max_length=255, blank=True)
    # By which it is in the room: `agent-` and its job's id, unless the worker chose one.
    participant_identity = models.CharField(max_length=255, blank=True, db_default="")
    # Who it is here, once that is known.
    agent = models.ForeignKey(
        Agent,
        on_delete=models.SET_NULL,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="expected_sessions",
    )

    # Facts, each of the events that have it.
    job_started_at = models.DateTimeField(null=True)
    job_ended_at = models.DateTimeField(null=True)
    joined_at = models.DateTimeField(null=True)
    # Of the time that it joined last.
    last_joined_at = models.DateTimeField(null=True)
    left_at = models.DateTimeField(null=True)
    # As LiveKit ended the job: `success`, `failed`, `cancelled`; empty where untold.
    job_status = models.CharField(max_length=16, blank=True)
    job_error = models.TextField(blank=True)
    worker_id = models.CharField(max_length=64, blank=True)
    # The agent published audio, so its session had begun.
    has_spoken = models.BooleanField(default=False)

    # What follows from those, and from what arrived; `join` writes them.
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    # Empty until `join` has looked at it.
    state = models.CharField(max_length=16, choices=State.choices, blank=True)
    reason = models.TextField(blank=True)
    # By which lists are ordered and days are counted: its end, else its start.
    expected_at = models.DateTimeField(default=timezone.now)
    # The name under which it is in the tallies.
    counted_name = models.CharField(max_length=255, blank=True)
    # When it is looked at again; null where nothing is waited for.
    due_at = models.DateTimeField(null=True)
    conversation = models.ForeignKey(
        Conversation,
        on_delete=models.SET_NULL,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="expected_sessions",
    )
    # The delivery that was refused, by its uuid.
    refused_delivery = models.UUIDField(null=True)
    # By our clock: when its conversation came; that was after its time of grace.
    arrived_at = models.DateTimeField(null=True)
    came_late = models.BooleanField(default=False)
    # What its conversation was told beside what was sent: the caller, and the recording
    # of this egress.
    caller_is_told = models.BooleanField(default=False, db_default=False)
    told_egress = models.CharField(max_length=64, blank=True, default="", db_default="")
    created_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[ExpectedSessionQuerySet] = ExpectedSessionQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["project", "reference"], name="expected_session_once"
            ),
        )
        indexes = (
            # The list, of an organization and narrowed to a state.
            models.Index(
                fields=["organization", "-expected_at", "-id"],
                name="expected_session_list",
            ),
            models.Index(
                fields=["organization", "state", "-expected_at", "-id"],
                name="expected_session_state",
            ),
            # Of an agent.
            models.Index(
                fields=["agent", "-expected_at", "-id"],
                name="expected_session_agent",
                condition=models.Q(agent__isnull=False),
            ),
            models.Index(
                fields=["agent", "state", "-expected_at", "-id"],
                name="expected_session_of_agent",
                condition=models.Q(agent__isnull=False),
            ),
            # Those that came late: few.
            models.Index(
                fields=["organization", "-expected_at", "-id"],
                name="expected_session_late",
                condition=models.Q(came_late=True),
            ),
            models.Index(
                fields=["organization", "arrived_at"],
                name="expected_session_late_arrival",
                condition=models.Q(came_late=True),
            ),
            # The join: by job, else by room.
            models.Index(
                fields=["organization", "job_id"],
                name="expected_session_job",
                condition=~models.Q(job_id=""),
            ),
            models.Index(
                fields=["organization", "room_sid"], name="expected_session_room"
            ),
            models.Index(
                fields=["conversation"],
                name="expected_session_conv",
                condition=models.Q(conversation__isnull=False),
            ),
            # Those to look at again: hot and small.
            models.Index(
                fields=["due_at"],
                name="expected_session_due",
                condition=models.Q(due_at__isnull=False),
            ),
            # Retention.
            models.Index(fields=["created_at"], name="expected_session_age"),
        )

    def __str__(self) -> str:
        return f"{self.reference} ({self.state})"


class ExpectedSessionTally(models.Model):
    """How many expected sessions of an agent there are in a state, by the hour of
    `expected_at` (UTC): so that pages count a week without reading its sessions.
    """

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, db_index=False, related_name="+"
    )
    # The agent's; null where it is not known. No constraint: a tally outlives nobody.
    agent = models.ForeignKey(
        Agent,
        on_delete=models.CASCADE,
        null=True,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    agent_name = models.CharField(max_length=255, blank=True)
    hour = models.DateTimeField()
    state = models.CharField(max_length=16, choices=ExpectedSession.State.choices)
    count = models.IntegerField(default=0)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["organization", "hour", "agent", "agent_name", "state"],
                name="expected_tally_once",
                nulls_distinct=False,
            ),
        )

    def __str__(self) -> str:
        return f"{self.count} {self.state} at {self.hour}"
