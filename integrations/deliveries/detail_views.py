"""One delivery: what arrived, what became of it, and processing it again."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import organization_view
from accounts.http import OrganizationRequest
from accounts.models import Role
from conversations.file_names import file_name
from integrations.deliveries import detail as delivery_page
from integrations.deliveries.body_openings import record_body_opening
from integrations.models import Delivery
from integrations.processing.replay import (
    NothingToReplay,
    StillRefused,
    replay_delivery,
)
from integrations.providers import PROVIDERS
from web.server.head_requests import is_head


@require_GET
@organization_view(Role.ADMIN)
def delivery_detail(request: OrganizationRequest, delivery_id: UUID) -> HttpResponse:
    return render_page(request, find(request, delivery_id))


def find(request: OrganizationRequest, delivery_id: UUID) -> Delivery:
    log = Delivery.objects.in_organization(request.organization).knowing_bodies()
    return get_object_or_404(log.select_related("key"), uuid=delivery_id)


def render_page(
    request: OrganizationRequest,
    delivery: Delivery,
    *,
    refusal: NothingToReplay | StillRefused | None = None,
    status: int = 200,
) -> HttpResponse:
    """refusal: why it was not replayed just now."""
    note_opening(request, delivery)
    context = {
        **delivery_page.status_of(delivery),
        "refusal": refusal,
        "body": delivery_page.body_of(delivery),
        "why_no_body": delivery_page.why_no_body(delivery),
        "agent": delivery_page.agent_of(delivery),
        "siblings": delivery_page.siblings_of(delivery),
    }
    return render(
        request, "integrations/deliveries/detail.html", context, status=status
    )


def note_opening(request: OrganizationRequest, delivery: Delivery) -> None:
    if not is_head(request):
        record_body_opening(
            organization=request.organization, delivery=delivery, by=request.user
        )


@require_GET
@organization_view(Role.ADMIN)
def delivery_status(request: OrganizationRequest, delivery_id: UUID) -> HttpResponse:
    """Answer the parts of the page that turn by themselves, for `refresh.js`."""
    log = Delivery.objects.in_organization(request.organization).knowing_bodies()
    delivery = get_object_or_404(
        log.without_bodies().select_related("key"), uuid=delivery_id
    )
    context = delivery_page.status_of(delivery)
    response = render(request, "integrations/deliveries/_status.html", context)
    add_never_cache_headers(response)
    return response


@require_GET
@organization_view(Role.ADMIN)
def delivery_body(request: OrganizationRequest, delivery_id: UUID) -> HttpResponse:
    """Answer the body as it was received, decompressed, as a file."""
    delivery = find(request, delivery_id)
    if delivery.body is None:
        return render_page(request, delivery, status=404)
    note_opening(request, delivery)
    response = HttpResponse(bytes(delivery.body), "application/octet-stream")
    name = file_name(delivery.external_id, "json", otherwise=delivery.uuid)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response


@require_http_methods(["GET", "POST"])
@organization_view(Role.ADMIN)
def replay(request: OrganizationRequest, delivery_id: UUID) -> HttpResponse:
    delivery = find(request, delivery_id)
    if request.method == "GET":  # the address bar, after one that was refused
        return redirect(*delivery_page.address_of(delivery, request.organization))
    provider = request.POST.get("provider", "")
    try:
        replayed = replay_delivery(
            delivery=delivery,
            by=request.user,
            provider=provider if provider in PROVIDERS else None,
        )
    except NothingToReplay as nothing:
        return render_page(request, delivery, refusal=nothing, status=409)
    except StillRefused as refused:
        return render_page(request, delivery, refusal=refused, status=422)
    messages.success(request, delivery_page.sentence_of_replay(delivery, replayed))
    return redirect(*delivery_page.address_of(replayed, request.organization))
