"""The page of the call upload: the body, code that posts it, and whether calls arrive."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_GET, require_POST

from accounts.access import organization_view
from accounts.http import OrganizationRequest
from accounts.models import Role
from integrations.connections import status_advice
from integrations.keys.card import MadeKey, key_card
from integrations.settings_pages.provider_status_view import send_test, status_context
from integrations.snippets import code_files, samples
from integrations.snippets.body_fields import body_fields

PROVIDER = "zelto"


@require_GET
@organization_view()
def call_upload(request: OrganizationRequest) -> HttpResponse:
    return render_page(request, key_card(request, "api"))


def render_page(request: OrganizationRequest, card: dict[str, Any]) -> HttpResponse:
    made: MadeKey | None = card.get("made")
    context = {
        **status_context(request, PROVIDER),
        **card,
        "base_url": settings.BASE_URL,
        "is_local": settings.IS_LOCAL,
        "export_line": samples.export_line(made.text if made else None),
        "sample_body": samples.as_json(samples.whole_call()),
        "sample_curl": samples.curl(settings.BASE_URL, made.text if made else None),
        "sample_upload": samples.upload_curl(
            settings.BASE_URL, made.text if made else None
        ),
        "sample_python": code_files.python_code(settings.BASE_URL),
        "sample_node": code_files.node_code(settings.BASE_URL),
        "agent_prompt": samples.agent_prompt(settings.BASE_URL),
        "fields": body_fields(),
        "answers": status_advice.answers(),
    }
    return render(request, "integrations/settings_pages/api.html", context)


@require_GET
@organization_view()
def status(request: OrganizationRequest) -> HttpResponse:
    """The parts of the page that turn by themselves, for `refresh.js`."""
    context = status_context(request, PROVIDER)
    response = render(
        request, "integrations/settings_pages/_provider_status.html", context
    )
    add_never_cache_headers(response)
    return response


@require_POST
@organization_view(Role.ADMIN)
def send_test_call(request: OrganizationRequest) -> HttpResponse:
    return send_test(request, PROVIDER)
