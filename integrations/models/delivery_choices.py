"""What a delivery may have come to, and where it may have come from."""

from __future__ import annotations

from django.db import models


class DeliveryOutcome(models.TextChoices):
    """What became of a delivery."""

    ACCEPTED = "accepted", "Accepted"
    PROCESSED = "processed", "Processed"
    FAILED = "failed", "Failed"
    IGNORED = "ignored", "Ignored"
    REJECTED = "rejected", "Rejected"


class DeliverySource(models.TextChoices):
    """Who put a delivery into the log: no field of a body, so no sender says it."""

    POST = "post", "A post"
    FORM = "form", "Uploaded here"
    TRANSCRIPTION = "transcription", "Zelto's transcription"
    LIVEKIT_LOGS = "livekit-logs", "LiveKit's upload: logs"
    LIVEKIT_SESSION = "livekit-session", "LiveKit's upload: session"
    LIVEKIT_TRACES = "livekit-traces", "LiveKit's upload: traces"
    LIVEKIT_EVENTS = "livekit-events", "LiveKit's events"
