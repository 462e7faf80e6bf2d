from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.utils import timezone

from accounts.identifiers import time_ordered_uuid
from accounts.models import Organization


class AgentQuerySet(models.QuerySet["Agent"]):
    def in_organization(self, organization: Organization) -> Self:
        return self.filter(organization=organization)


class Agent(models.Model):
    """Who took the calls: one row for each id that a sender uses."""

    class Type(models.TextChoices):
        AI = "ai", "AI"
        HUMAN = "human", "Human"

    id = models.UUIDField(primary_key=True, default=time_ordered_uuid, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="agents"
    )
    provider = models.CharField(max_length=32)
    external_id = models.CharField(max_length=255)
    name = models.CharField(max_length=255, blank=True)
    # The delivery that named it: of several unprocessed ones the first in the log
    # wins, whichever worker is quicker. None once a person named it.
    named_by_sequence = models.BigIntegerField(null=True, editable=False)
    description = models.TextField(max_length=2000, blank=True)
    type = models.CharField(max_length=8, choices=Type.choices, default=Type.AI)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[AgentQuerySet] = AgentQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = (
            # Find or create, from any number of workers at once.
            models.UniqueConstraint(
                fields=["organization", "provider", "external_id"],
                name="agent_external_id_once",
            ),
        )

    def __str__(self) -> str:
        return self.display_name

    @property
    def display_name(self) -> str:
        return self.name or self.external_id
