"""Moving the arrival of posted sessions back to when they ended: in the log, and in the
rows that are made from it."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Min

from accounts.models import Organization
from conversations.models import Agent, Charge, Conversation
from conversations.models.charge import call_subject
from integrations.demo.plan import Reference
from integrations.models import Connection, Delivery

BATCH = 500
LOOK_EVERY_SECONDS = 0.2
PROCESSING_TAKES = timedelta(seconds=0.3)


def newest_sequence(organization: Organization) -> int:
    """Return the sequence at which the organization's log ends; 0 for an empty one."""
    newest = Delivery.objects.in_organization(organization).newest_first().first()
    return newest.sequence if newest else 0


def move_arrivals(
    organization: Organization, *, after: int, moments: Mapping[str, datetime]
) -> None:
    """Move deliveries to the moments at which they would have arrived.

    after: the sequence above which they are. moments: aware, by the id of the request.
    """
    rows = Delivery.objects.in_organization(organization).filter(sequence__gt=after)
    moved = []
    fields = ["received_at", "last_received_at"]
    for row in rows.only("sequence", "request_id", *fields):
        if row.request_id in moments:
            was, row.received_at = row.received_at, moments[row.request_id]
            if row.last_received_at:
                row.last_received_at += row.received_at - was
            moved.append(row)
    Delivery.objects.bulk_update(moved, fields, batch_size=BATCH)


def existing(
    organization: Organization, references: Collection[Reference]
) -> set[Reference]:
    """Return those of these calls that are conversations already."""
    found = Conversation.objects.in_organization(organization).filter(
        external_id__in=[external_id for _, external_id in references]
    )
    return set(found.values_list("provider", "external_id")) & set(references)


def wait_until_processed(
    organization: Organization, references: Collection[Reference], *, patience: float
) -> int:
    """Wait for the worker, until for `patience` seconds none of these calls was
    processed; return how many still wait."""
    waiting = (
        Delivery.objects.waiting()
        .in_organization(organization)
        .filter(external_id__in=[external_id for _, external_id in references])
    )
    left, since = waiting.count(), time.monotonic()
    while left and time.monotonic() - since < patience:
        time.sleep(LOOK_EVERY_SECONDS)
        now_left = waiting.count()
        if now_left != left:
            left, since = now_left, time.monotonic()
    return left


@transaction.atomic
def align_times(organization: Organization, references: Collection[Reference]) -> None:
    """Set the times of conversations, charges, agents and connections by the log's. May
    be done again at any time."""
    arrivals = _arrivals(organization, references)
    conversations = [
        row
        for row in Conversation.objects.in_organization(organization).filter(
            external_id__in=[external_id for _, external_id in references]
        )
        if (row.provider, row.external_id) in arrivals
    ]
    for row in conversations:
        moments = arrivals[row.provider, row.external_id]
        row.created_at, row.updated_at = moments[0], moments[-1]
    Conversation.objects.bulk_update(
        conversations, ["created_at", "updated_at"], batch_size=BATCH
    )
    _align_charges(organization, conversations)
    _align_agents({row.agent_id for row in conversations})
    for provider in {row.provider for row in conversations}:
        _align_connection(organization, provider)


def _arrivals(
    organization: Organization, references: Collection[Reference]
) -> dict[Reference, list[datetime]]:
    deliveries = Delivery.objects.in_organization(organization).filter(
        outcome=Delivery.Outcome.PROCESSED,
        external_id__in=[external_id for _, external_id in references],
    )
    deliveries.update(processed_at=F("received_at") + PROCESSING_TAKES)
    arrivals: dict[Reference, list[datetime]] = defaultdict(list)
    for provider, external_id, received_at in deliveries.order_by(
        "sequence"
    ).values_list("provider", "external_id", "received_at"):
        if (provider, external_id) in references:
            arrivals[provider, external_id].append(received_at)
    return dict(arrivals)


def _align_charges(
    organization: Organization, conversations: Collection[Conversation]
) -> None:
    moments = {
        call_subject(organization, row.provider, row.external_id): row.created_at
        for row in conversations
    }
    charges = list(
        Charge.objects.filter(
            organization=organization,
            meter=Charge.Meter.CALLS,
            subject__in=list(moments),
        )
    )
    for charge in charges:
        charge.charged_at = moments[bytes(charge.subject)]
    Charge.objects.bulk_update(charges, ["charged_at"], batch_size=BATCH)


def _align_agents(ids: Collection[UUID]) -> None:
    firsts = Conversation.objects.filter(agent__in=ids).values_list("agent")
    for agent_id, first in firsts.annotate(Min("created_at")):
        Agent.objects.filter(id=agent_id, created_at__gt=first).update(created_at=first)


def _align_connection(organization: Organization, provider: str) -> None:
    first = (
        Conversation.objects.in_organization(organization)
        .filter(provider=provider, is_test=False)
        .aggregate(Min("created_at"))["created_at__min"]
    )
    Connection.objects.filter(
        organization=organization, provider=provider, first_session_at__gt=first
    ).update(first_session_at=first)
