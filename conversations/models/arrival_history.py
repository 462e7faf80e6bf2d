"""How many sessions arrived hour by hour, and what was learnt from that."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import ClassVar, Self
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models

from accounts.identifiers import time_ordered_uuid
from accounts.models import Organization
from conversations.models.agent import Agent


class ArrivalHistoryQuerySet(models.QuerySet["ArrivalHistory"]):
    def in_organization(self, organization: Organization) -> Self:
        return self.filter(organization=organization)

    def count_again(self, agent_ids: Collection[UUID]) -> int:
        """Have the history of these agents, and of their organizations, counted from the
        conversations: call it once those are committed that moved or are gone.
        """
        organizations = Agent.objects.filter(id__in=agent_ids).values("organization")
        agents = models.Q(agent__in=agent_ids)
        sums = models.Q(agent=None, organization__in=organizations)
        return self.filter(agents | sums, is_stale=False).update(is_stale=True)


class ArrivalHistory(models.Model):
    """The sessions of an agent by the hour in which they arrived, without tests; where
    `agent` is null, those of all of the organization.
    """

    id = models.UUIDField(primary_key=True, default=time_ordered_uuid, editable=False)
    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, related_name="arrival_histories"
    )
    agent = models.OneToOneField(
        Agent,
        on_delete=models.CASCADE,
        null=True,
        related_name="arrival_history",
    )
    # The hour of the first count, UTC. Hours after the last count had none.
    first_hour = models.DateTimeField()
    counts = ArrayField(models.IntegerField())
    # Up to here all that arrived is counted: a whole hour, UTC.
    learnt_until = models.DateTimeField()
    # When all of it was counted; what came since was added.
    counted_at = models.DateTimeField()
    # Conversations were moved or erased since: all of it is to be counted again.
    is_stale = models.BooleanField(default=False)
    # What `usual_week` learnt of it, and when; no rates where too little is known.
    learnt_at = models.DateTimeField(null=True)
    rates = ArrayField(models.FloatField(), null=True)
    weeks = models.FloatField(default=0.0)
    day_shape = models.FloatField(default=0.0)
    level_count = models.FloatField(default=0.0)
    threshold = models.FloatField(default=0.0)
    overnight = models.FloatField(default=0.0)
    longest = models.FloatField(default=0.0)
    # Of an organization: the days, by its clock, on which hardly anything came from any of
    # its agents, and something did later.
    closed_days = ArrayField(models.DateField(), default=list)
    # Before this nobody need look whether it is silent.
    look_at = models.DateTimeField(null=True)
    # When it was last looked at, the silence of then counted from here on, or would.
    silent_at = models.DateTimeField(null=True)
    is_silent = models.BooleanField(default=False)

    objects: ClassVar[ArrivalHistoryQuerySet] = ArrivalHistoryQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = (
            # Two workers learn at once.
            models.UniqueConstraint(
                fields=["organization"],
                condition=models.Q(agent=None),
                name="arrival_history_sum_once",
            ),
        )
        indexes = (
            # Whose turn it is to be looked at.
            models.Index(
                fields=["look_at"],
                condition=models.Q(look_at__isnull=False),
                name="arrival_history_look",
            ),
            # What is to be counted again; usually nothing.
            models.Index(
                fields=["id"],
                condition=models.Q(is_stale=True),
                name="arrival_history_stale",
            ),
        )

    def __str__(self) -> str:
        return f"sessions of {self.agent_id or self.organization_id}"


class Absence(models.Model):
    """A time in which no worker of Zelto ran: nobody's silence."""

    began_at = models.DateTimeField()
    ended_at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=["ended_at"], name="absence_ended"),)

    def __str__(self) -> str:
        return f"away from {self.began_at} to {self.ended_at}"

    @property
    def interval(self) -> tuple[datetime, datetime]:
        return self.began_at, self.ended_at
