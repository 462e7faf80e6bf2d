"""The list of channels, and adding one. Members see that there are; admins see where they
lead and change them.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import add_never_cache_headers
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from accounts.access import organization_view
from accounts.http import OrganizationRequest
from accounts.identifiers import time_ordered_uuid
from accounts.models import Role
from alerts.channels.registry import KINDS, config_of
from alerts.models import Channel
from alerts.pages import channel_actions
from alerts.pages.channel_forms import ConfigForm
from alerts.pages.channel_page import render_page

TOO_MANY = f"An organization has up to {channel_actions.MAX_CHANNELS} channels."


@require_GET
@organization_view()
def channel_list(request: OrganizationRequest) -> HttpResponse:
    """List the channels; for an admin with the kinds that can be added."""
    channels = Channel.objects.in_organization(request.organization)
    listed = channels.defer("secret", "former_secret").order_by("id")
    kinds = [(name, kind.label) for name, kind in KINDS.items()]
    context = {"channels": listed, "kinds": kinds}
    return render(request, "alerts/channels/list.html", context)


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@organization_view(Role.ADMIN)
def add_channel(request: OrganizationRequest) -> HttpResponse:
    """Show the form of a kind, and make the channel that it describes."""
    kind = request.POST.get("kind") or request.GET.get("kind", "")
    if kind not in KINDS:
        return redirect("alerts:channels", request.organization.slug)
    if request.method == "GET":
        return _render_form(request, kind, ConfigForm(kind=kind, auto_id="channel-%s"))
    form = ConfigForm(request.POST, kind=kind, auto_id="channel-%s")
    channel_id = id_in(request.POST.get("id", ""))
    if channel_id and form.is_valid():
        try:
            return _make(request, kind, channel_id, form)
        except channel_actions.TooMany:
            form.add_error(None, TOO_MANY)
        except channel_actions.MadeAlready:
            return redirect("alerts:channels", request.organization.slug)
    return _render_form(request, kind, form)


def _make(
    request: OrganizationRequest, kind: str, channel_id: UUID, form: ConfigForm
) -> HttpResponse:
    """Make a channel and lead to its page; one whose secret was made here is answered
    with it, the one time that it is shown.
    """
    channel = channel_actions.add_channel(
        organization=request.organization,
        channel_id=channel_id,
        kind=kind,
        name=form.cleaned_data["name"],
        checked=form.checked,
        by=request.user,
    )
    made = (config_of(channel) or {}).get("secret", "")
    if not made or form.cleaned_data.get("to_secret"):
        return redirect("alerts:channel", request.organization.slug, channel.pk)
    response = render_page(request, channel, made_secret=made)
    add_never_cache_headers(response)
    return response


def _render_form(
    request: OrganizationRequest, kind: str, form: ConfigForm
) -> HttpResponse:
    context: dict[str, Any] = {
        "kind": kind,
        "declared": KINDS[kind],
        "form": form,
        "channel_id": time_ordered_uuid(),
    }
    return render(request, "alerts/channels/add.html", context)


def id_in(text: str) -> UUID | None:
    """Return the id that a text is; None where it is none."""
    try:
        return UUID(text)
    except ValueError:
        return None
