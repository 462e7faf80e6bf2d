"""The LiveKit page: a worker's keys, its code, and whether its sessions arrive."""

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
from integrations.snippets import samples
from integrations.snippets.code_files import short_worker_code, worker_code

PROVIDER = "livekit"


@require_GET
@organization_view()
def livekit(request: OrganizationRequest) -> HttpResponse:
    return render_page(request, key_card(request, "livekit"))


def render_page(request: OrganizationRequest, card: dict[str, Any]) -> HttpResponse:
    made: MadeKey | None = card.get("made")
    context = {
        **status_context(request, PROVIDER),
        **card,
        "base_url": settings.BASE_URL,
        "is_local": settings.IS_LOCAL,
        "export_line": samples.export_line(made.text if made else None),
        "hook": samples.WORKER_HOOK,
        "worker_code": worker_code(settings.BASE_URL),
        "short_worker_code": short_worker_code(settings.BASE_URL),
        "answers": status_advice.answers(),
    }
    return render(request, "integrations/settings_pages/livekit.html", context)


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
def send_test_session(request: OrganizationRequest) -> HttpResponse:
    return send_test(request, PROVIDER)
