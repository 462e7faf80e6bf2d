"""Conversations and their transcripts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Self
from uuid import UUID

from django.db import models
from django.db.models.functions import Greatest, Now
from django.utils import timezone

from accounts.identifiers import time_ordered_uuid
from accounts.models import Organization
from conversations.call_duration import reported_duration
from conversations.models.agent import Agent
from conversations.providers import label_of, way_of
from conversations.verdicts import OUTCOMES
from web.paging import Position

if TYPE_CHECKING:
    from conversations.models.recording import Recording


class ConversationQuerySet(models.QuerySet["Conversation"]):
    def in_organization(self, organization: Organization) -> Self:
        return self.filter(organization=organization)

    def lock(self, pk: UUID) -> Conversation | None:
        """Lock one until the end of the transaction; None where it is gone.

        Lock the conversation first, then its recording: so do the fold and the erasure.
        """
        return self.select_for_update(no_key=True, of=("self",)).filter(pk=pk).first()

    def touch(self, **changes: Any) -> int:
        """Change fields of these, and when they were updated: always forward, also
        where the clock was set back.

        Return how many there were.
        """
        forward = models.F("updated_at") + models.Value(timedelta(microseconds=1))
        return self.update(updated_at=Greatest(Now(), forward), **changes)

    def newest_first(self) -> Self:
        return self.order_by("-created_at", "-id")

    def oldest_first(self) -> Self:
        return self.order_by("created_at", "id")

    def older_than(self, created_at: datetime, identifier: UUID) -> Self:
        """Keep what comes after this position in a list that is newest first."""
        return self.filter(Position(created_at, identifier).behind)

    def newer_than(self, created_at: datetime, identifier: UUID) -> Self:
        return self.filter(Position(created_at, identifier).ahead)

    def next_older(
        self, than: tuple[datetime, UUID] | None, count: int
    ) -> list[Conversation]:
        """Return the next `count` rows after a position, newest first; from the newest
        without one.
        """
        older = self.older_than(*than) if than else self
        return list(older.newest_first()[:count])

    def next_newer(self, than: tuple[datetime, UUID], count: int) -> list[Conversation]:
        """Return the next `count` rows before a position, the nearest first."""
        return list(self.newer_than(*than).oldest_first()[:count])

    def with_recording(self) -> Self:
        """Read the state of its recording in the same query: both are of one moment."""
        return self.select_related("recording").defer(
            "recording__peaks", "recording__marks"
        )

    def for_list(self) -> Self:
        """Read what a row shows, and defer what it does not."""
        return self.select_related("agent").defer(
            "metadata", "recording_url", "agent__description"
        )


class Conversation(models.Model):
    """One finished session: what lists show of it. Its turns are in `Transcript`.

    Every field but the agent's is the fold of its deliveries, so it can be made
    again from the log at any time. Durations are seconds, cost is US dollars.
    """

    id = models.UUIDField(primary_key=True, default=time_ordered_uuid, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="conversations"
    )
    agent = models.ForeignKey(
        Agent, on_delete=models.PROTECT, related_name="conversations"
    )
    # One of `Provider`; without its choices, so that another one is no migration.
    provider = models.CharField(max_length=32)
    external_id = models.CharField(max_length=255)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    sent_duration_seconds = models.FloatField(null=True, blank=True)
    # The length of the audio that is stored, used where the sender reported none.
    recorded_seconds = models.FloatField(null=True, blank=True, editable=False)
    duration_seconds = models.FloatField(null=True, blank=True)
    ended_reason = models.CharField(max_length=255, blank=True)
    cost = models.DecimalField(max_digits=18, decimal_places=6, null=True, blank=True)
    customer_number = models.CharField(max_length=64, blank=True)
    customer_name = models.CharField(max_length=255, blank=True)
    version = models.CharField(max_length=255, blank=True)
    # What came of it, as `verdicts` reads it from the metadata. A default of the
    # database's: a process of the version before may still write.
    outcome = models.CharField(
        max_length=32, blank=True, default="", db_default="", choices=OUTCOMES
    )
    metadata = models.JSONField(default=dict, blank=True)
    recording_url = models.CharField(max_length=4096, blank=True)
    turn_count = models.PositiveIntegerField(default=0)
    has_transcript = models.BooleanField(default=False)
    has_audio = models.BooleanField(default=False)
    is_test = models.BooleanField(default=False)
    # The highest sequence of the log that this row contains; what arrives below it
    # is put in its place by folding again.
    applied_through = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    # Moves forward with whatever others see change of it, its recording included.
    updated_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[ConversationQuerySet] = ConversationQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = (
            # Any number of posts of one call, at once, make one conversation.
            models.UniqueConstraint(
                fields=["organization", "provider", "external_id"],
                name="conversation_external_id_once",
            ),
        )
        indexes = (
            # The conversations list.
            models.Index(
                fields=["organization", "-created_at", "-id"],
                name="conversation_list",
            ),
            # An agent's conversations and its last session.
            models.Index(
                fields=["agent", "-created_at", "-id"], name="conversation_by_agent"
            ),
            # The list of one provider; the LiveKit card's last session.
            models.Index(
                fields=["organization", "provider", "-created_at", "-id"],
                name="conversation_by_provider",
            ),
            # A reference looked up exactly; the same id under another provider.
            models.Index(
                fields=["organization", "external_id"], name="conversation_reference"
            ),
        )

    def __str__(self) -> str:
        return self.external_id

    @property
    def provider_label(self) -> str:
        return label_of(self.provider)

    @property
    def provider_way(self) -> str:
        return way_of(self.provider)

    @property
    def recording_or_none(self) -> Recording | None:
        """Return its recording, as it was read `with_recording`; None where none was
        ever named or uploaded.
        """
        return getattr(self, "recording", None)

    @property
    def name(self) -> str:
        """Return who called, as well as it is known: name, number, else the reference."""
        return self.customer_name or self.customer_number or self.external_id

    def duration_from_facts(self) -> float | None:
        """Return seconds: what the sender reported wins over the length of the audio."""
        reported = reported_duration(
            self.sent_duration_seconds, self.started_at, self.ended_at
        )
        return self.recorded_seconds if reported is None else reported


class Transcript(models.Model):
    """What was said: apart from the conversation, so that no list reads it."""

    conversation = models.OneToOneField(
        Conversation,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="transcript",
    )
    system_prompt = models.TextField(blank=True)
    # An explicit prompt beats one taken from a turn, whichever came later.
    prompt_is_explicit = models.BooleanField(default=False)
    # A list of turns as the API gives them back; null where none was ever sent.
    turns = models.JSONField(null=True)
    # Zelto's own transcription of the audio: any turn that is sent beats it. A default
    # of the database's: a process of the version before may still write.
    is_heard = models.BooleanField(default=False, db_default=False)

    def __str__(self) -> str:
        return f"Transcript of {self.conversation_id}"
