"""Folding conversations again from the log: after an adapter learned something, or to
see for oneself that the log is all there is to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Max

from accounts.models import Organization
from conversations.models import Conversation
from conversations.store import CallKey, retell_calls
from integrations import history
from integrations.models import Delivery

BATCH = 100


@dataclass(frozen=True, slots=True)
class Progress:
    """done: conversations looked at; retold: those folded again. The others lack a
    body that has expired, and stay as they are."""

    done: int
    retold: int
    total: int


def retell(calls: Mapping[CallKey, int]) -> int:
    """Folds these calls again, each up to a sequence; how many could be."""
    with transaction.atomic():
        return len(retell_calls(calls, history=history.retelling([])))


def rebuild(
    *, organization: Organization | None = None, since: datetime | None = None
) -> Iterator[Progress]:
    """Every conversation, or those of an organization or that arrived since, in small
    batches, each its own transaction: it may run beside everything else."""
    rows = Conversation.objects.exclude(applied_through=0)
    if organization is not None:
        rows = rows.filter(organization=organization)
    if since is not None:
        rows = rows.filter(created_at__gte=since)
    total, done, retold = rows.count(), 0, 0
    yield Progress(done, retold, total)
    last = None
    while True:
        batch = rows.order_by("id")
        if last is not None:
            batch = batch.filter(id__gt=last)
        found = list(batch[:BATCH])
        if not found:
            return
        last = found[-1].id
        retold += retell(
            {
                CallKey(row.organization_id, row.provider, row.external_id): (
                    row.applied_through
                )
                for row in found
            }
        )
        done += len(found)
        yield Progress(done, retold, total)


def last_processed(call: CallKey) -> int:
    """The sequence of a call's newest processed delivery; 0 where there is none."""
    newest = Delivery.objects.filter(
        organization_id=call.organization_id,
        provider=call.provider,
        external_id=call.external_id,
        outcome=Delivery.Outcome.PROCESSED,
    ).aggregate(newest=Max("sequence"))["newest"]
    return newest or 0
