"""Which call the uploads of a LiveKit job belong to."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from accounts.models import Organization


class LiveKitCall(models.Model):
    """A job, or a room whose job is not known yet, and the id of its call.

    Until version 1.6.6 a session is uploaded with the sid of its room alone, and its
    logs with that and the job. Two agents may have been in that room.
    """

    UNKNOWN_JOB = "?"

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="+"
    )
    # One of them is there. In place of the job of a session that is not the first of its
    # room without one: UNKNOWN_JOB and its first item.
    job_id = models.CharField(max_length=255, blank=True)
    room_sid = models.CharField(max_length=255, blank=True)
    external_id = models.CharField(max_length=255)
    # As a session report said, before its words came.
    is_redacted = models.BooleanField(default=False)
    # Of the first chat items, by which a session without a job is told from others in
    # its room.
    item_ids = models.JSONField(default=list, db_default=[])
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["organization", "job_id", "room_sid"], name="livekit_call_once"
            ),
        )
        indexes = (
            models.Index(fields=["organization", "room_sid"], name="livekit_call_room"),
            # What is forgotten after a while.
            models.Index(fields=["created_at"], name="livekit_call_age"),
        )

    def __str__(self) -> str:
        return f"{self.job_id or self.room_sid} is {self.external_id}"

    @property
    def has_job(self) -> bool:
        """Tell whether its job is known."""
        return bool(self.job_id) and not self.job_id.startswith(self.UNKNOWN_JOB)
