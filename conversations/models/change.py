"""Where each conversation's latest change is in the order of commits."""

from __future__ import annotations

from typing import Self
from uuid import UUID

from django.db import models


class ChangeQuerySet(models.QuerySet["Change"]):
    def of_organization(self, organization_id: UUID) -> Self:
        return self.filter(organization_id=organization_id)

    def waiting(self) -> Self:
        """Keep the committed ones that have no position yet."""
        return self.filter(position=None)

    def behind(self, position: int) -> Self:
        """Keep what has a later position, in order."""
        return self.filter(position__gt=position).order_by("position")


class Change(models.Model):
    """That a conversation was made, changed or erased.

    A trigger writes it without a position, in the transaction of whatever changed the
    conversation; `conversations.changes.positions` gives it one once that is committed.
    It outlives an erased conversation, of which it has nothing but the id.
    """

    # No foreign keys: it stays when the conversation goes.
    conversation_id = models.UUIDField(primary_key=True)
    organization_id = models.UUIDField()
    position = models.BigIntegerField(null=True)
    # A default of the database's own, for the trigger.
    is_erased = models.BooleanField(default=False, db_default=False)
    # Whether something happened to it since it had a position: not where it was only
    # folded again or moved to another agent (`conversations.changes.repairs`).
    is_event = models.BooleanField(default=True, db_default=True)
    # The last position that came of an event, and the first of all; null before one was
    # given by the code that knows these.
    event_position = models.BigIntegerField(null=True)
    first_position = models.BigIntegerField(null=True)

    objects = ChangeQuerySet.as_manager()

    class Meta:
        indexes = (
            # What changed behind a position.
            models.Index(
                fields=["organization_id", "position"],
                name="change_in_order",
                condition=models.Q(position__isnull=False),
            ),
            # What has none yet: hot and small.
            models.Index(
                fields=["organization_id", "conversation_id"],
                name="change_waiting",
                condition=models.Q(position__isnull=True),
            ),
        )

    def __str__(self) -> str:
        return f"Change of {self.conversation_id} at {self.position}"


class ChangeCounter(models.Model):
    """The last position that an organization's changes have. Whoever gives positions
    holds its row until they are committed.
    """

    organization_id = models.UUIDField(primary_key=True)
    last_position = models.BigIntegerField()

    def __str__(self) -> str:
        return f"Changes up to {self.last_position}"
