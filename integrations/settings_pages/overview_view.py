"""The overview of integrations: each provider, and who can read."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.access import organization_view
from accounts.http import OrganizationRequest
from conversations.providers import pages
from integrations.connections.provider_status import provider_connection
from integrations.settings_pages.read_access import reading_access


@require_GET
@organization_view()
def overview(request: OrganizationRequest) -> HttpResponse:
    context = {
        "connections": [
            provider_connection(request.organization, provider) for provider in pages()
        ],
        "access": reading_access(request.organization),
    }
    return render(request, "integrations/settings_pages/overview.html", context)
