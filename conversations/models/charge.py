"""Charges: what an organization used, one row a call or transcription."""

from __future__ import annotations

import hashlib
import hmac

from django.db import models

from accounts.identifiers import time_ordered_uuid
from accounts.models import Organization


class Charge(models.Model):
    """One unit that an organization used.

    It outlives an erased conversation, so it names its call by an HMAC only.
    """

    class Meter(models.TextChoices):
        CALLS = "calls", "Calls"
        TRANSCRIPTION_MINUTES = "transcription_minutes", "Transcription minutes"

    id = models.UUIDField(primary_key=True, default=time_ordered_uuid, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="charges"
    )
    meter = models.CharField(max_length=32, choices=Meter.choices)
    subject = models.BinaryField(editable=False)
    quantity = models.DecimalField(max_digits=12, decimal_places=4)
    charged_at = models.DateTimeField()

    class Meta:
        constraints = (
            # Charged once, ever, from any number of workers and rebuilds.
            models.UniqueConstraint(
                fields=["organization", "meter", "subject"], name="charge_once"
            ),
        )
        indexes = (
            # Usage by day.
            models.Index(fields=["organization", "charged_at"], name="charge_by_day"),
        )

    def __str__(self) -> str:
        return f"{self.quantity} {self.meter}"


def call_subject(organization: Organization, provider: str, external_id: str) -> bytes:
    """Return what stands for a call after its erasure: an HMAC-SHA256 that only the
    organization's own secret can make, 32 bytes.
    """
    return _subject(organization, f"{provider}\n{external_id}")


def recording_subject(
    organization: Organization, provider: str, external_id: str, sha256: str
) -> bytes:
    """Return what stands for one recording of a call, as `call_subject`.

    A NUL is in no id, so the two are never equal.
    """
    return _subject(organization, f"{provider}\n{external_id}\0{sha256}")


def _subject(organization: Organization, text: str) -> bytes:
    secret = bytes(organization.subject_secret)
    return hmac.new(secret, text.encode(), hashlib.sha256).digest()
