"""The page of one API key: who uses it; rename, set an end, roll, revoke."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import (
    require_GET,
    require_http_methods,
    require_POST,
)

from accounts import actions
from accounts.access import organization_view
from accounts.forms import KeyExpiryForm, RenameKeyForm, RollKeyForm
from accounts.http import OrganizationRequest
from accounts.models import ApiKey, Role
from integrations.keys.card import PAGE_NAMES, MadeKey
from integrations.keys.upload_agents import upload_agents
from integrations.keys.usage import use_of

OVER = "This key is over already, so nothing was changed."


@require_GET
@organization_view(Role.ADMIN)
def key_detail(request: OrganizationRequest, page: str, key_id: UUID) -> HttpResponse:
    return render_page(request, page, find(request, key_id))


def find(request: OrganizationRequest, key_id: UUID) -> ApiKey:
    """Return a key of the organization.

    Raises:
        Http404: it has no such key.
    """
    keys = ApiKey.objects.in_organization(request.organization)
    return get_object_or_404(
        keys.select_related("organization", "made_by", "revoked_by"), pk=key_id
    )


def render_page(
    request: OrganizationRequest, page: str, key: ApiKey, **extra: Any
) -> HttpResponse:
    """Render the page of a key.

    page: the settings page that it leads back to.
    extra: replaces entries of the context, as by a form that was sent and did not fit.
    """
    context = {
        "page": page,
        "page_name": PAGE_NAMES[page],
        "page_url": f"integrations:{page}",
        "key": key,
        "state": key.state(),
        "use": use_of(key),
        "rename_form": RenameKeyForm(initial={"name": key.name}),
        "expiry_form": expiry_form(request, key),
        "roll_form": RollKeyForm(),
        **extra,
    }
    return render(request, "integrations/keys/detail.html", context)


def expiry_form(request: OrganizationRequest, key: ApiKey) -> KeyExpiryForm:
    """Return the form of a key's end, filled with the last day on which it works."""
    day = None
    if key.expires_at:
        last_moment = key.expires_at - timedelta(microseconds=1)
        day = last_moment.astimezone(request.organization.zone).date()
    return KeyExpiryForm(organization=request.organization, initial={"expires_at": day})


@require_http_methods(["GET", "POST"])
@organization_view(Role.ADMIN)
def rename_key(request: OrganizationRequest, page: str, key_id: UUID) -> HttpResponse:
    key = find(request, key_id)
    if request.method == "GET":  # the address bar, after a form was sent
        return back(request, page, key)
    form = RenameKeyForm(request.POST)
    if not form.is_valid():
        return render_page(request, page, key, rename_form=form)
    actions.rename_key(key=key, name=form.cleaned_data["name"], by=request.user)
    return back(request, page, key)


@require_http_methods(["GET", "POST"])
@organization_view(Role.ADMIN)
def change_expiry(
    request: OrganizationRequest, page: str, key_id: UUID
) -> HttpResponse:
    key = find(request, key_id)
    if request.method == "GET":  # the address bar, after a form was sent
        return back(request, page, key)
    form = KeyExpiryForm(request.POST, organization=request.organization)
    if not form.is_valid():
        return render_page(request, page, key, expiry_form=form)
    try:
        actions.change_key_expiry(
            key=key, expires_at=form.cleaned_data["expires_at"], by=request.user
        )
    except actions.KeyIsOver:
        messages.error(request, OVER)
    return back(request, page, key)


@require_http_methods(["GET", "POST"])
@organization_view(Role.ADMIN)
def roll_key(request: OrganizationRequest, page: str, key_id: UUID) -> HttpResponse:
    """Replace a key by a new one, and answer with the new one's page: its text is in no
    other answer."""
    key = find(request, key_id)
    if request.method == "GET":  # the address bar, after a form was sent
        return back(request, page, key)
    form = RollKeyForm(request.POST)
    if not form.is_valid():
        return render_page(request, page, key, roll_form=form)
    try:
        new, text = actions.roll_key(key=key, by=request.user, **form.cleaned_data)
    except actions.KeyIsOver:
        messages.error(request, OVER)
        return back(request, page, key)
    made = MadeKey(new, text, upload_agents(key))
    response = render_page(request, page, new, made=made, rolled=key)
    response["Cache-Control"] = "no-store"
    return response


@require_POST
@organization_view(Role.ADMIN)
def revoke_key(request: OrganizationRequest, page: str, key_id: UUID) -> HttpResponse:
    """End a key at once, and lead back to the card of keys."""
    key = find(request, key_id)
    actions.revoke_key(key=key, by=request.user)
    messages.success(
        request, f"{key.name} is revoked. Posts with it are answered 401 from now on."
    )
    return redirect(f"integrations:{page}", request.organization.slug)


def back(request: OrganizationRequest, page: str, key: ApiKey) -> HttpResponse:
    """Redirect to the page of the key."""
    return redirect(
        "integrations:key", slug=request.organization.slug, page=page, key_id=key.id
    )
