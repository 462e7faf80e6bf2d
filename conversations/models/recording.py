"""Recordings, files that no recording names, and transcriptions of recordings."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar, Self

from django.db import models, transaction
from django.db.models.functions import Now
from django.utils import timezone

from accounts.identifiers import made_at, time_ordered_uuid
from accounts.models import Organization
from accounts.models.leased_job import LeasedJob
from conversations.models.conversation import Conversation

# Some name a recording before it is there: it is being written, copied, mixed.
YOUNG = timedelta(days=1)


class RecordingQuerySet(models.QuerySet["Recording"]):
    def in_organization(self, organization: Organization) -> Self:
        return self.filter(conversation__organization=organization)

    def stored(self) -> Self:
        return self.exclude(file="")

    def to_serve(self) -> Self:
        """Read its conversation's reference, and defer what only a player draws."""
        return (
            self.stored()
            .select_related("conversation")
            .defer("peaks", "marks", "conversation__metadata")
        )


class Recording(LeasedJob):
    """The audio of a conversation, and the job of fetching it.

    What is kept stays until something better is here: a fetch that fails changes no
    more than `last_error`. Times are seconds, sizes bytes.
    """

    conversation = models.OneToOneField(
        Conversation,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="recording",
    )
    # What is fetched, as sent last; empty where somebody uploaded the audio.
    source_url = models.CharField(max_length=4096, blank=True)
    # When a delivery named it last; null where that was before this was noted.
    named_at = models.DateTimeField(null=True)
    # How far a fetch got, and how far it has to go where the server reported it.
    fetched_bytes = models.BigIntegerField(default=0)
    expected_bytes = models.BigIntegerField(null=True)

    # The audio: empty or null where there is none yet. `file` is its name in the
    # storage, which has the SHA-256 of what is in it.
    file = models.CharField(max_length=255, blank=True)
    content_type = models.CharField(max_length=64, blank=True)
    codec = models.CharField(max_length=64, blank=True)
    channels = models.PositiveSmallIntegerField(null=True)
    # Of what could be decoded, which a damaged file's own head may overstate.
    duration_seconds = models.FloatField(null=True)
    size = models.BigIntegerField(null=True)
    stored_at = models.DateTimeField(null=True)
    # Loudness for the player's wave: a list for each channel of whole numbers, 0..255.
    peaks = models.JSONField(default=list)
    # Where nobody speaks for long, and where both do: {"kind", "start", "end"}.
    marks = models.JSONField(default=list)

    objects: ClassVar[RecordingQuerySet] = RecordingQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        indexes = (
            # What a worker claims: hot and small.
            models.Index(
                fields=["next_try_at"],
                name="recording_waiting",
                condition=models.Q(state__in=["waiting", "running"]),
            ),
            # What was given up, in the order of the calls.
            models.Index(
                fields=["conversation"],
                name="recording_failed",
                condition=models.Q(state="failed"),
            ),
        )

    def __str__(self) -> str:
        return f"Recording of {self.conversation_id}"

    @classmethod
    def _lock(cls, due: models.QuerySet[Self]) -> models.QuerySet[Self]:
        """Lock them with their conversations, and skip what is locked: whoever writes
        one waits for this.
        """
        return (
            due.select_related("conversation")
            .only("conversation__id")
            .select_for_update(
                skip_locked=True, no_key=True, of=("self", "conversation")
            )
        )

    def _note_change(self) -> None:
        Conversation.objects.filter(pk=self.pk).touch()

    def _write(self, **changes: Any) -> bool:
        with transaction.atomic():
            Conversation.objects.lock(self.pk)
            done = super()._write(**changes)
            if done:
                self._note_change()
        return done

    def may_still_come(self) -> bool:
        """Tell whether a server that has no recording yet may have it soon: it was
        named, or its call ended, within `YOUNG`. False where the call is gone.
        """
        calls = Conversation.objects.filter(pk=self.pk)
        since = timezone.now() - YOUNG
        return calls.filter(
            models.Q(ended_at__gte=since)
            | models.Q(recording__named_at__gte=since)
            | models.Q(recording__named_at=None, created_at__gte=since)
        ).exists()

    @property
    def public_state(self) -> str:
        """Return the state as the API and pages say it: `waiting`, `fetching`,
        `stored`, `failed`.
        """
        if self.file:
            return "stored"
        return "fetching" if self.state == self.State.RUNNING else str(self.state)


class UnusedFileQuerySet(models.QuerySet["UnusedFile"]):
    def to_delete(self) -> Self:
        """Keep those that are due, or were and could not be deleted yet."""
        return self.filter(
            models.Q(delete_after__lte=Now()) | models.Q(is_being_deleted=True)
        )


class UnusedFile(models.Model):
    """A file of the storage that no recording names: one that is being written, or one
    that is to be deleted.

    It is noted before the file is there, and in the transaction that stops naming it,
    so that no audio is left behind when a process dies.
    """

    id = models.UUIDField(primary_key=True, default=time_ordered_uuid, editable=False)
    name = models.CharField(max_length=255, unique=True)
    delete_after = models.DateTimeField()
    # Somebody is at it: it can no longer be kept. A default of the database's: a
    # process of the version before may still write.
    is_being_deleted = models.BooleanField(default=False, db_default=False)

    objects: ClassVar[UnusedFileQuerySet] = UnusedFileQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        indexes = (
            # What is due.
            models.Index(fields=["delete_after"], name="unused_file_due"),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def age(self) -> timedelta:
        """Return how long ago it was noted."""
        return max(timezone.now() - made_at(self.id), timedelta())


class Transcription(LeasedJob):
    """The job of making turns from a conversation's audio."""

    conversation = models.OneToOneField(
        Conversation,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="transcription",
    )
    # The recording that is transcribed: its `Recording.file` at that time.
    file = models.CharField(max_length=255)
    # 0 to 1.
    progress = models.FloatField(default=0)
    # What made the turns: engine and model.
    made_by = models.CharField(max_length=255, blank=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (
            # What a worker claims: hot and small.
            models.Index(
                fields=["next_try_at"],
                name="transcription_waiting",
                condition=models.Q(state__in=["waiting", "running"]),
            ),
        )

    def __str__(self) -> str:
        return f"Transcription of {self.conversation_id}"
