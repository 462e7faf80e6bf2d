"""The hosts from which an agent's sessions are forwarded."""

from __future__ import annotations

from typing import ClassVar, Self

from django.db import models

from accounts.models import ApiKey, Organization


class AgentWorkerQuerySet(models.QuerySet["AgentWorker"]):
    def in_organization(self, organization: Organization) -> Self:
        return self.filter(organization=organization)

    def latest_first(self) -> Self:
        return self.order_by("-last_at", "-id")


class AgentWorker(models.Model):
    """A host with the package for LiveKit workers, by the key and the agent of what it
    sends, as its newest delivery says it. `integrations.agent_workers` bounds how many
    there are.
    """

    organization = models.ForeignKey(
        Organization,
        on_delete=models.CASCADE,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    key = models.ForeignKey(
        ApiKey,
        on_delete=models.CASCADE,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    provider = models.CharField(max_length=32)
    agent_reference = models.CharField(max_length=255, blank=True)
    # Empty where the worker does not tell.
    host = models.CharField(max_length=255, blank=True)
    # Versions of the package, the SDK and Python are in it.
    user_agent = models.CharField(max_length=255, blank=True)
    first_at = models.DateTimeField()
    # When the newest delivery arrived that was taken; may lag by a minute.
    last_at = models.DateTimeField()
    # Sessions in its outbox.
    waiting = models.PositiveIntegerField()
    refused = models.PositiveIntegerField()

    objects: ClassVar[AgentWorkerQuerySet] = AgentWorkerQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["key", "provider", "agent_reference", "host"],
                name="agent_worker_once",
            ),
        )
        indexes = (
            # The hosts of an agent.
            models.Index(
                fields=["organization", "provider", "agent_reference"],
                name="agent_worker_of_agent",
            ),
            # Those that are forgotten after a while.
            models.Index(fields=["last_at"], name="agent_worker_age"),
        )

    def __str__(self) -> str:
        return f"{self.host or 'a host'} for {self.agent_reference}"
