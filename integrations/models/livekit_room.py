"""What LiveKit's events say of rooms, and of the recordings that it makes of them."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from integrations.models.livekit_project import LiveKitProject


class LiveKitRoom(models.Model):
    """A room of a LiveKit project, as far as its events told."""

    project = models.ForeignKey(
        LiveKitProject,
        on_delete=models.CASCADE,
        db_index=False,
        related_name="rooms",
    )
    sid = models.CharField(max_length=64)
    name = models.CharField(max_length=255, blank=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    # Somebody beside agents joined; a caller by telephone only once they answered.
    was_joined = models.BooleanField(default=False)
    # Of whom it cannot be told yet whether they joined, by sid: see `facts`.
    undecided = models.JSONField(default=dict, db_default={})
    # Of the first caller by telephone, where there is one.
    caller_joined_at = models.DateTimeField(null=True)
    caller_number = models.CharField(max_length=64, blank=True)
    caller_name = models.CharField(max_length=255, blank=True)
    sip_call_id = models.CharField(max_length=255, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["project", "sid"], name="livekit_room_once"
            ),
        )
        indexes = (models.Index(fields=["created_at"], name="livekit_room_age"),)

    def __str__(self) -> str:
        return self.name or self.sid


class LiveKitEgress(models.Model):
    """A recording that LiveKit made of a room."""

    project = models.ForeignKey(
        LiveKitProject,
        on_delete=models.CASCADE,
        db_index=False,
        related_name="egresses",
    )
    egress_id = models.CharField(max_length=64)
    room_sid = models.CharField(max_length=64, blank=True)
    room_name = models.CharField(max_length=255, blank=True)
    # `room_composite`, `track_composite`, `track`, `participant` or `web`.
    kind = models.CharField(max_length=32, blank=True, default="", db_default="")
    is_audio_only = models.BooleanField(default=False, db_default=False)
    # As LiveKit says it, without its prefix: `complete`, `failed`, `aborted` ...
    status = models.CharField(max_length=32, blank=True)
    error = models.TextField(blank=True)
    # {"filename", "location", "size", "duration", "startedAt"} each; times in seconds.
    files = models.JSONField(default=list)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    # LiveKit's time of what is known here: an older event changes nothing.
    updated_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["project", "egress_id"], name="livekit_egress_once"
            ),
        )
        indexes = (
            models.Index(fields=["project", "room_sid"], name="livekit_egress_room"),
            models.Index(fields=["created_at"], name="livekit_egress_age"),
        )

    def __str__(self) -> str:
        return self.egress_id
