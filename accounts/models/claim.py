"""The row that says that this instance has, or had, an owner."""

from __future__ import annotations

from django.db import models
from django.utils import timezone


class Claim(models.Model):
    """That somebody has taken this instance over.

    One row at most: a trigger makes it with the first user or organization, and it
    stays when they are gone.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    claimed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=models.Q(id=1), name="claim_once"),
        )

    def __str__(self) -> str:
        return f"Claimed {self.claimed_at:%Y-%m-%d}"
