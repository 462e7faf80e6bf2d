"""On which days keys were used, so that one that stops being used is seen."""

from __future__ import annotations

from django.db import models

from accounts.models import ApiKey


class KeyDay(models.Model):
    """A day, UTC, on which a key was used; forgotten after eight weeks."""

    key = models.ForeignKey(
        ApiKey, on_delete=models.CASCADE, db_index=False, related_name="+"
    )
    day = models.DateField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["key", "day"], name="key_day_once"),
        )

    def __str__(self) -> str:
        return f"{self.key_id} on {self.day}"
