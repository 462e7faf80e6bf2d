"""What the page of a provider shows of its connection."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from accounts.http import OrganizationRequest
from accounts.models import Role
from conversations.models import Conversation, Provider
from integrations.connections.provider_status import is_late, provider_connection
from integrations.ingest import unknown_keys
from integrations.models import Delivery

LATEST_DELIVERIES = 10
# Of all providers; further back is the log's own page.
DELIVERIES_SEARCHED = 1_000


def status_context(request: OrganizationRequest, provider: Provider) -> dict[str, Any]:
    """Return the context of the status; what comes from the log is for admins only."""
    connection = provider_connection(request.organization, provider)
    first = first_session(request, provider) if connection.is_active else None
    context: dict[str, Any] = {
        "connection": connection,
        "unknown_key_posts": unknown_keys.seen_lately(),
        "first_session": first,
    }
    if request.membership.covers(Role.ADMIN):
        context["test"] = test = test_delivery(request)
        context["test_is_late"] = bool(test and is_late(test.received_at))
        context["deliveries"] = latest_deliveries(request, provider)
    return context


def first_session(request: OrganizationRequest, provider: str) -> Conversation | None:
    """Return the oldest real session that is still there; None where none is."""
    sessions = Conversation.objects.in_organization(request.organization)
    return (
        sessions.filter(provider=provider, is_test=False)
        .oldest_first()
        .only("id", "created_at")
        .first()
    )


def latest_deliveries(request: OrganizationRequest, provider: str) -> list[Delivery]:
    """Return the newest deliveries to a provider, at most `LATEST_DELIVERIES` among the
    newest `DELIVERIES_SEARCHED` of the organization.

    In two queries: no index serves a provider's end of the log, and one query would
    read all of it where the provider is rare.
    """
    log = Delivery.objects.in_organization(request.organization)
    newest = log.newest_first().values_list("sequence", "provider")
    sequences = [
        sequence
        for sequence, of_row in newest[:DELIVERIES_SEARCHED]
        if of_row in (provider, "")
    ]
    return list(log.filter(sequence__in=sequences[:LATEST_DELIVERIES]).for_list())


def test_delivery(request: OrganizationRequest) -> Delivery | None:
    """Return the test session that the address names; None where it names none."""
    try:
        uuid = UUID(request.GET.get("test", ""))
    except ValueError:
        return None
    deliveries = Delivery.objects.in_organization(request.organization)
    return deliveries.filter(uuid=uuid).without_bodies().first()
