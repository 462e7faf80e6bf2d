"""Rules: what people do not want to be told, and when."""

from __future__ import annotations

from typing import ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import Organization
from conversations.models import Agent


class RuleQuerySet(models.QuerySet["Rule"]):
    def in_organization(self, organization: Organization) -> Self:
        return self.filter(organization=organization)


class Rule(models.Model):
    """How issues of a kind, of an agent, are told. There is none at first.

    The most special one counts: of agent and kind, then of the agent, then of the kind,
    then of the whole organization. Times are the organization's own.
    """

    organization = models.ForeignKey(
        Organization, on_delete=models.CASCADE, db_index=False, related_name="+"
    )
    # Null: of all agents.
    agent = models.ForeignKey(
        Agent, on_delete=models.CASCADE, null=True, db_index=False, related_name="+"
    )
    # Empty: of all kinds.
    kind = models.CharField(max_length=32, blank=True)
    # No issue is opened.
    is_off = models.BooleanField(default=False)
    # An issue is opened once its cause has lasted for so long.
    delay_minutes = models.PositiveIntegerField(default=0)
    # Messages wait until the end of these hours and days; what is over by then is not
    # told. From may be later than to: over midnight.
    quiet_from = models.TimeField(null=True)
    quiet_to = models.TimeField(null=True)
    # 0 is Monday.
    days_off = ArrayField(models.PositiveSmallIntegerField(), default=list)
    # Until then the agent is expected to be silent.
    silent_until = models.DateTimeField(null=True)
    updated_at = models.DateTimeField(default=timezone.now, db_default=Now())

    objects: ClassVar[RuleQuerySet] = RuleQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=["organization", "agent", "kind"],
                nulls_distinct=False,
                name="rule_once",
            ),
        )
        indexes = (models.Index(fields=["agent"], name="rule_by_agent"),)

    def __str__(self) -> str:
        return f"Rule {self.kind or 'all'} of {self.agent_id or self.organization_id}"
