"""Agents: who took the calls."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models
from django.utils import timezone

from accounts.identifiers import time_ordered_uuid
from accounts.models import Organization


class AgentQuerySet(models.QuerySet["Agent"]):
    def in_organization(self, organization: Organization) -> Self:
        return self.filter(organization=organization)

    def not_merged(self) -> Self:
        """Keep what pages and the API list: a merged agent appears as the one it
        became.
        """
        return self.filter(merged_into=None)

    def in_service_first(self) -> Self:
        """Order the newest first, and the retired ones after them."""
        retired_last = models.F("retired_at").asc(nulls_first=True)
        return self.order_by(retired_last, "-created_at", "-id")

    def called(self, text: str) -> Self:
        """Keep those whose name or external id contains this, in any case; also by the
        id of one that was merged into them.
        """
        return self.filter(
            models.Q(name__icontains=text)
            | models.Q(external_id__icontains=text)
            | models.Exists(
                Agent.objects.filter(
                    merged_into=models.OuterRef("pk"), external_id__icontains=text
                )
            )
        )


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
    # Collapsed on pages; what it still sends is stored as before.
    retired_at = models.DateTimeField(null=True, blank=True)
    # The agent that it turned out to be: it keeps its row, so that posts under its id
    # find their way. Always one step, since who is merged is no target.
    merged_into = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="aliases",
    )
    merged_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[AgentQuerySet] = AgentQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=~models.Q(merged_into=models.F("id")),
                name="agent_not_merged_into_itself",
            ),
            # Find or create, from any number of workers at once.
            models.UniqueConstraint(
                fields=["organization", "provider", "external_id"],
                name="agent_external_id_once",
            ),
        )
        indexes = (
            # The aliases of an agent; those of which conversations are to be moved.
            models.Index(
                fields=["merged_into"],
                name="agent_merged",
                condition=models.Q(merged_into__isnull=False),
            ),
        )

    def __str__(self) -> str:
        return self.display_name

    @property
    def display_name(self) -> str:
        return self.name or self.external_id
