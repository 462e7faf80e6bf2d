"""The tables of connected providers, and of counts by minute."""

from __future__ import annotations

from django.db import models

from accounts.models import Organization


class Connection(models.Model):
    """When a provider delivered its first real session: one row each, kept for good."""

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="connections"
    )
    provider = models.CharField(max_length=32)
    first_session_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["organization", "provider"], name="connection_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.provider} of {self.organization_id}"


class MinuteTally(models.Model):
    """How often something happened in a minute: a refusal of one key, a post of one
    organization, a post with an unknown key.

    Counted first, so that the rows with a body which one key may leave in the log are
    bounded exactly, however many posts come at once.
    """

    scope = models.CharField(max_length=64)
    minute = models.DateTimeField()
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["scope", "minute"], name="tally_once"),
        )
        # Retention.
        indexes = (models.Index(fields=["minute"], name="tally_age"),)

    def __str__(self) -> str:
        return f"{self.count} of {self.scope} at {self.minute}"
