"""The delivery log and one delivery."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.text import Truncator
from django.views.decorators.http import require_GET

from accounts.access import organization_view
from accounts.http import OrganizationRequest
from accounts.models import ApiKey, Organization, Role
from integrations.connections.recent_failures import RecentFailures, refusals_since
from integrations.deliveries.filters import Filters, read_filters
from integrations.deliveries.forms import OUTCOMES, PROVIDERS, DeliveryListForm
from integrations.deliveries.pages import read_page
from integrations.models import Delivery
from web.active_filters import filters_in_force
from web.paging import page_links

LATELY = timedelta(hours=24)
# More keys than this do not fit a menu; a key's own row links its deliveries.
KEYS_IN_MENU = 200


@require_GET
@organization_view(Role.ADMIN)
def delivery_list(request: OrganizationRequest) -> HttpResponse:
    """Answer the page; for the poll of `live.js` the list alone, or 204 where it is as
    that reader has `seen` it."""
    organization = request.organization
    filters = read_filters(request.GET)
    page = read_page(organization, filters, request.GET)
    shows_newest = not filters and not page.newer
    version = version_of(page.rows)
    if request.htmx and request.GET.get("seen") == version:
        response = HttpResponse(status=204)
    else:
        context: dict[str, Any] = {
            "page": page,
            "version": version,
            "filters": filters,
            "list_url": reverse("integrations:deliveries", args=[organization.slug]),
            "shows_newest": shows_newest,
            "kept_days": settings.KEEP_REJECTED_DAYS,
            "kept_bytes": settings.KEEP_REJECTED_BYTES,
            "refusals": refused_lately(organization) if shows_newest else None,
            **page_links(page, filters.query()),
        }
        if request.htmx:
            template = "integrations/deliveries/_listing.html"
        else:
            template = "integrations/deliveries/list.html"
            context |= filter_choices(request, filters)
        response = render(request, template, context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def refused_lately(organization: Organization) -> RecentFailures | None:
    posts = Delivery.objects.in_organization(organization).from_workers()
    return refusals_since(posts, organization.id, timezone.now() - LATELY)


def version_of(rows: Iterable[Delivery]) -> str:
    """Return a digest that changes when any of these rows does, or another is there."""
    seen = hashlib.blake2b(digest_size=8)
    for row in rows:
        seen.update(f"{row.uuid} {row.version} {row.key and row.key.name}".encode())
    return seen.hexdigest()


def filter_choices(request: OrganizationRequest, filters: Filters) -> dict[str, object]:
    everyone = ApiKey.objects.in_organization(request.organization)
    keys = list(everyone.listed()[:KEYS_IN_MENU])
    chosen = next((key for key in keys if key.id == filters.key), None)
    if filters.key and chosen is None:
        chosen = everyone.filter(id=filters.key).first()
        keys += [chosen] if chosen else []
    outcomes, providers = dict(OUTCOMES), dict(PROVIDERS)
    named = [
        ("outcome", "Outcome", outcomes.get(filters.outcome)),
        ("status", "Answer", filters.status),
        ("key", "Key", chosen.name if chosen else filters.key),
        ("provider", "Provider", providers.get(filters.provider)),
        ("reference", "Call", filters.reference),
        ("first_day", "From", filters.first_day),
        ("last_day", "To", filters.last_day),
    ]
    form = DeliveryListForm(dict(DeliveryListForm.written(filters)))
    form.offer("key", [(str(one.id), _label_of(one)) for one in keys])
    form.name_zone(request.organization)
    return {"form": form, "chips": filters_in_force(filters, named)}


def _label_of(key: ApiKey) -> str:
    return f"{Truncator(key.name).chars(60)} · {key.last_four}"
