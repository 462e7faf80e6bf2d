"""How far the periodic work of this app got."""

from __future__ import annotations

from django.db import models

from accounts.models import Organization


class Progress(models.Model):
    """How far one kind of work got. Whoever does it holds the row's lock, so that two
    workers never do the same.
    """

    # `judging`, `conversation_events`, `summaries` and so on.
    name = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField(null=True)
    # In a sequence of the work's own, such as that of changes.
    position = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.name} until {self.at or self.position}"


class FirstChannel(models.Model):
    """Says that an organization was given its first channel, mail to its owners and
    admins; who deletes that is not given another.
    """

    organization = models.OneToOneField(
        Organization, on_delete=models.CASCADE, primary_key=True, related_name="+"
    )
    made_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"First channel of {self.organization_id}"
