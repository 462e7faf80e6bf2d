"""The page that says how coding agents connect to `/mcp`."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.access import organization_view
from accounts.http import OrganizationRequest
from integrations.keys.card import MadeKey, key_card
from integrations.settings_pages.read_access import reading_access
from integrations.snippets import samples


@require_GET
@organization_view()
def agent_access(request: OrganizationRequest) -> HttpResponse:
    return render_page(request, key_card(request, "mcp"))


def render_page(request: OrganizationRequest, card: dict[str, Any]) -> HttpResponse:
    """Render the page.

    card: as `key_card` gives it, with a key that was just made or without.
    """
    made: MadeKey | None = card.get("made")
    context = {
        **card,
        "access": reading_access(request.organization),
        "base_url": settings.BASE_URL,
        "is_local": settings.IS_LOCAL,
        "export_line": samples.export_line(made.text if made else None),
        "claude_code": samples.claude_code(settings.BASE_URL),
        "codex": samples.codex(settings.BASE_URL),
        "cursor": samples.cursor(settings.BASE_URL),
        "questions": samples.QUESTIONS,
    }
    return render(request, "integrations/settings_pages/mcp.html", context)
