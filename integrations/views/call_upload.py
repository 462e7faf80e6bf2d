from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_GET

from accounts.access import organization_view
from accounts.http import OrganizationRequest
from integrations import advice, samples
from integrations.body_fields import body_fields
from integrations.connection import provider_connection
from integrations.views.key_card import MadeKey, key_card

PROVIDER = "zelto"


@require_GET
@organization_view()
def call_upload(request: OrganizationRequest) -> HttpResponse:
    return render_page(request, key_card(request, "api"))


def render_page(request: OrganizationRequest, card: dict[str, Any]) -> HttpResponse:
    made: MadeKey | None = card.get("made")
    context = {
        **card,
        "connection": provider_connection(request.organization, PROVIDER),
        "base_url": settings.BASE_URL,
        "is_local": settings.IS_LOCAL,
        "sample_body": samples.as_json(samples.whole_call()),
        "sample_curl": samples.curl(settings.BASE_URL, made.text if made else None),
        "agent_prompt": samples.agent_prompt(settings.BASE_URL),
        "fields": body_fields(),
        "answers": advice.answers(),
    }
    return render(request, "integrations/call_upload.html", context)


@require_GET
@organization_view()
def status(request: OrganizationRequest) -> HttpResponse:
    """The part of the page that turns by itself, for `refresh.js`."""
    context = {"connection": provider_connection(request.organization, PROVIDER)}
    response = render(request, "integrations/_connection.html", context)
    add_never_cache_headers(response)
    return response
