from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_GET, require_POST

from accounts.access import organization_view
from accounts.http import OrganizationRequest
from accounts.models import Role
from conversations.models import Conversation
from integrations import actions, advice, samples, strangers
from integrations.connection import is_late, provider_connection
from integrations.models import Delivery
from integrations.views.key_card import MadeKey, key_card
from integrations.worker_code import short_worker_code, worker_code

PROVIDER = "livekit"
LATEST_DELIVERIES = 10
# Of all providers; further back is the log's own page.
DELIVERIES_SEARCHED = 1_000


@require_GET
@organization_view()
def livekit(request: OrganizationRequest) -> HttpResponse:
    return render_page(request, key_card(request, "livekit"))


def render_page(request: OrganizationRequest, card: dict[str, Any]) -> HttpResponse:
    made: MadeKey | None = card.get("made")
    context = {
        **status_context(request),
        **card,
        "base_url": settings.BASE_URL,
        "is_local": settings.IS_LOCAL,
        "export_line": samples.export_line(made.text if made else None),
        "hook": samples.WORKER_HOOK,
        "worker_code": worker_code(settings.BASE_URL),
        "short_worker_code": short_worker_code(settings.BASE_URL),
        "answers": advice.answers(),
    }
    return render(request, "integrations/livekit.html", context)


@require_GET
@organization_view()
def status(request: OrganizationRequest) -> HttpResponse:
    """The parts of the page that turn by themselves, for `refresh.js`."""
    response = render(
        request, "integrations/_livekit_status.html", status_context(request)
    )
    add_never_cache_headers(response)
    return response


def status_context(request: OrganizationRequest) -> dict[str, Any]:
    connection = provider_connection(request.organization, PROVIDER)
    context: dict[str, Any] = {
        "connection": connection,
        "strangers": strangers.seen_lately(),
        "first_session": first_session(request) if connection.is_active else None,
    }
    if request.membership.covers(Role.ADMIN):
        context["test"] = test = test_delivery(request)
        context["test_is_late"] = bool(test and is_late(test.received_at))
        context["deliveries"] = latest_deliveries(request)
    return context


def first_session(request: OrganizationRequest) -> Conversation | None:
    """The first real one; not the first ever where that was erased."""
    sessions = Conversation.objects.in_organization(request.organization)
    return (
        sessions.filter(provider=PROVIDER, is_test=False)
        .oldest_first()
        .only("id", "created_at")
        .first()
    )


def latest_deliveries(request: OrganizationRequest) -> list[Delivery]:
    """Looked up in two steps: no index serves a provider's end of the log, and in one
    step Postgres walks all of it where the provider is rare."""
    log = Delivery.objects.in_organization(request.organization)
    newest = log.newest_first().values_list("sequence", "provider")
    sequences = [
        sequence
        for sequence, provider in newest[:DELIVERIES_SEARCHED]
        if provider in (PROVIDER, "")
    ]
    return list(log.filter(sequence__in=sequences[:LATEST_DELIVERIES]).for_list())


def test_delivery(request: OrganizationRequest) -> Delivery | None:
    """The test session that the address names, after it was sent from this page."""
    try:
        uuid = UUID(request.GET.get("test", ""))
    except ValueError:
        return None
    deliveries = Delivery.objects.in_organization(request.organization)
    return deliveries.filter(uuid=uuid).without_bodies().first()


@require_POST
@organization_view(Role.ADMIN)
def send_test_session(request: OrganizationRequest) -> HttpResponse:
    delivery = actions.send_test_session(
        organization=request.organization, by=request.user
    )
    page = reverse("integrations:livekit", args=[request.organization.slug])
    return redirect(f"{page}?test={delivery.uuid}#verify")
