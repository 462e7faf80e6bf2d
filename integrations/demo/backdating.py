"""Moves the arrival of posted sessions to when they ended, four weeks back: in the log,
and in everything that follows from it."""

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
    """Where the organization's log ends."""
    newest = Delivery.objects.in_organization(organization).newest_first().first()
    return newest.sequence if newest else 0


def move_arrivals(
    organization: Organization, *, after: int, moments: Mapping[str, datetime]
) -> None:
    """moments: by the id of the request. after: the sequence behind which they are."""
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
    organization: Organization, wanted: Collection[Reference]
) -> set[Reference]:
    """Those of the wanted calls that are conversations already."""
    found = Conversation.objects.in_organization(organization).filter(
        external_id__in=[external_id for _, external_id in wanted]
    )
    return set(found.values_list("provider", "external_id")) & set(wanted)


def wait_until_processed(
    organization: Organization, wanted: Collection[Reference], *, patience: float
) -> int:
    """How many still wait when for `patience` seconds none was processed."""
    waiting = (
        Delivery.objects.waiting()
        .in_organization(organization)
        .filter(external_id__in=[external_id for _, external_id in wanted])
    )
    left, since = waiting.count(), time.monotonic()
    while left and time.monotonic() - since < patience:
        time.sleep(LOOK_EVERY_SECONDS)
        now_left = waiting.count()
        if now_left != left:
            left, since = now_left, time.monotonic()
    return left


@transaction.atomic
def settle(organization: Organization, wanted: Collection[Reference]) -> None:
    """Brings conversations, charges, agents and connections to the log's times. May
    be done again at any time."""
    arrivals = _arrivals(organization, wanted)
    conversations = [
        row
        for row in Conversation.objects.in_organization(organization).filter(
            external_id__in=[external_id for _, external_id in wanted]
        )
        if (row.provider, row.external_id) in arrivals
    ]
    for row in conversations:
        moments = arrivals[row.provider, row.external_id]
        row.created_at, row.updated_at = moments[0], moments[-1]
    Conversation.objects.bulk_update(
        conversations, ["created_at", "updated_at"], batch_size=BATCH
    )
    _settle_charges(organization, conversations)
    _settle_agents({row.agent_id for row in conversations})
    for provider in {row.provider for row in conversations}:
        _settle_connection(organization, provider)


def _arrivals(
    organization: Organization, wanted: Collection[Reference]
) -> dict[Reference, list[datetime]]:
    deliveries = Delivery.objects.in_organization(organization).filter(
        outcome=Delivery.Outcome.PROCESSED,
        external_id__in=[external_id for _, external_id in wanted],
    )
    deliveries.update(processed_at=F("received_at") + PROCESSING_TAKES)
    arrivals: dict[Reference, list[datetime]] = defaultdict(list)
    for provider, external_id, received_at in deliveries.order_by(
        "sequence"
    ).values_list("provider", "external_id", "received_at"):
        if (provider, external_id) in wanted:
            arrivals[provider, external_id].append(received_at)
    return dict(arrivals)


def _settle_charges(
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


def _settle_agents(ids: Collection[UUID]) -> None:
    firsts = Conversation.objects.filter(agent__in=ids).values_list("agent")
    for agent_id, first in firsts.annotate(Min("created_at")):
        Agent.objects.filter(id=agent_id, created_at__gt=first).update(created_at=first)


def _settle_connection(organization: Organization, provider: str) -> None:
    first = (
        Conversation.objects.in_organization(organization)
        .filter(provider=provider, is_test=False)
        .aggregate(Min("created_at"))["created_at__min"]
    )
    Connection.objects.filter(
        organization=organization, provider=provider, first_session_at__gt=first
    ).update(first_session_at=first)
