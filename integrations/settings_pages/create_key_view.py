"""The view that makes an API key, from each of the pages with a card of keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from accounts import actions
from accounts.access import organization_view
from accounts.forms import CreateKeyForm
from accounts.http import OrganizationRequest
from accounts.models import Role
from conversations.providers import Provider
from integrations.keys.card import MadeKey, key_card
from integrations.settings_pages import mcp_view, provider_pages
from integrations.settings_pages.forms import UploadUrlForm

Render = Callable[[OrganizationRequest, dict[str, Any]], HttpResponse]


def _render_of(provider: Provider) -> Render:
    return lambda request, card: provider_pages.render_page(request, provider, card)


# The pages with a card of keys, by the name of their address.
PAGES: dict[str, Render] = {
    **{
        page.name: _render_of(provider)
        for provider, page in provider_pages.PAGES.items()
    },
    "mcp": mcp_view.render_page,
}


@require_http_methods(["GET", "POST"])
@organization_view(Role.ADMIN)
def create_key(request: OrganizationRequest, page: str) -> HttpResponse:
    """Make a key and answer with the page: the key's text is in no other answer."""
    if request.method == "GET":  # the address bar, after a key was made
        return redirect(f"integrations:{page}", request.organization.slug)
    form = CreateKeyForm(request.POST, organization=request.organization)
    if not form.is_valid():
        return PAGES[page](request, key_card(request, page, form=form))
    key, text = actions.create_key(
        organization=request.organization, by=request.user, **form.cleaned_data
    )
    return _shown(request, page, MadeKey(key, text))


@require_http_methods(["GET", "POST"])
@organization_view(Role.ADMIN)
def create_upload_url(request: OrganizationRequest) -> HttpResponse:
    """Make a key for LiveKit's own upload, and answer with its line, as above."""
    page = provider_pages.PAGES[Provider.LIVEKIT].name
    if request.method == "GET":  # the address bar, after a key was made
        return redirect(f"integrations:{page}", request.organization.slug)
    form = UploadUrlForm(request.POST, organization=request.organization)
    if not form.is_valid():
        card = key_card(request, page) | {"upload_form": form}
        return PAGES[page](request, card)
    key, text = actions.create_key(
        organization=request.organization, by=request.user, **form.key_values()
    )
    made = MadeKey(key, text, [form.cleaned_data["agent"]])
    return _shown(request, page, made)


def _shown(request: OrganizationRequest, page: str, made: MadeKey) -> HttpResponse:
    response = PAGES[page](request, key_card(request, page, made=made))
    response["Cache-Control"] = "no-store"
    return response
