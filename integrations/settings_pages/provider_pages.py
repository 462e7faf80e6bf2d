"""The page of each provider: its keys, how to connect it, its status."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_GET, require_POST

from accounts.access import organization_view
from accounts.http import OrganizationRequest
from accounts.models import Organization, Role
from conversations.providers import Provider, SettingsPage, pages
from integrations.connections import status_advice
from integrations.connections.provider_status import ProviderConnection
from integrations.keys.card import MadeKey, key_card
from integrations.settings_pages import actions, api_view, livekit_view
from integrations.settings_pages.forms import UploadUrlForm
from integrations.settings_pages.provider_status_view import status_context
from integrations.snippets import samples


@dataclass(frozen=True, slots=True)
class Content:
    """What only one provider's page shows.

    template: extends `provider.html`.
    context: builds what the template needs, from the request and the text of the key
    that was just made.
    status: builds what its status shows beside that of every provider.
    live: what `refresh.js` gets beside the status, with its context; None for nothing.
    """

    template: str
    context: Callable[[OrganizationRequest, str | None], dict[str, Any]]
    status: Callable[[Organization, ProviderConnection], dict[str, Any]] = (
        lambda _organization, _connection: {}
    )
    live: Callable[[OrganizationRequest], dict[str, Any]] | None = None


# A provider that is not here has the plain page, which shows an address and a header.
CONTENTS: Mapping[Provider, Content] = {
    Provider.LIVEKIT: Content(
        "integrations/settings_pages/livekit.html",
        livekit_view.content,
        livekit_view.status,
        livekit_view.live,
    ),
    Provider.ZELTO: Content("integrations/settings_pages/api.html", api_view.content),
}
PLAIN = Content("integrations/settings_pages/provider.html", lambda _request, _key: {})
PAGES: Mapping[Provider, SettingsPage] = pages()


@require_GET
@organization_view()
def provider_page(request: OrganizationRequest, provider: Provider) -> HttpResponse:
    return render_page(request, provider, key_card(request, PAGES[provider].name))


def render_page(
    request: OrganizationRequest, provider: Provider, card: dict[str, Any]
) -> HttpResponse:
    """Render the page of a provider.

    card: as `key_card` gives it, with a key that was just made or without.
    """
    made: MadeKey | None = card.get("made")
    key_text = made.text if made else None
    content = CONTENTS.get(provider, PLAIN)
    name, slug = PAGES[provider].name, request.organization.slug
    context = {
        **_status(request, provider),
        "upload_form": UploadUrlForm(organization=request.organization),
        **card,
        "base_url": settings.BASE_URL,
        "is_local": settings.IS_LOCAL,
        "export_line": samples.export_line(key_text),
        "answers": status_advice.answers(),
        "status_url": reverse(f"integrations:{name}-status", args=[slug]),
        "test_url": reverse(f"integrations:{name}-test", args=[slug]),
        **content.context(request, key_text),
    }
    return render(request, content.template, context)


def _status(request: OrganizationRequest, provider: Provider) -> dict[str, Any]:
    content = CONTENTS.get(provider, PLAIN)
    context = status_context(request, provider)
    own = content.status(request.organization, context["connection"])
    return context | own


@require_GET
@organization_view()
def status(request: OrganizationRequest, provider: Provider) -> HttpResponse:
    """Render the parts of the page that change by themselves, for `refresh.js`."""
    live = CONTENTS.get(provider, PLAIN).live
    context = _status(request, provider) | (live(request) if live else {})
    response = render(
        request, "integrations/settings_pages/_provider_status.html", context
    )
    add_never_cache_headers(response)
    return response


@require_POST
@organization_view(Role.ADMIN)
def send_test(request: OrganizationRequest, provider: Provider) -> HttpResponse:
    """Put a test session into the log, and lead back to the page, which follows it."""
    delivery = actions.send_test_session(
        organization=request.organization, by=request.user, provider=provider
    )
    name = PAGES[provider].name
    page = reverse(f"integrations:{name}", args=[request.organization.slug])
    return redirect(f"{page}?test={delivery.uuid}#verify")
