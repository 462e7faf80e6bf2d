"""Tombstones of erased calls."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from accounts.identifiers import time_ordered_uuid
from accounts.models import Organization


class Tombstone(models.Model):
    """That a call was erased: what is posted under its id from now on is ignored.

    It names the call by an HMAC only, see `call_subject`.
    """

    id = models.UUIDField(primary_key=True, default=time_ordered_uuid, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="tombstones"
    )
    subject = models.BinaryField(editable=False)
    erased_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (
            # Looked up for each batch of posts.
            models.UniqueConstraint(
                fields=["organization", "subject"], name="tombstone_once"
            ),
        )

    def __str__(self) -> str:
        return f"A call erased at {self.erased_at}"
