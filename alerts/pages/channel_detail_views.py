"""What can be done on the page of a channel: change, route, test, rotate, enable, remove."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import (
    require_GET,
    require_http_methods,
    require_POST,
)

from accounts.access import organization_view
from accounts.http import OrganizationRequest
from accounts.models import Role
from alerts.models import Channel
from alerts.pages import channel_actions
from alerts.pages.channel_page import (
    config_form,
    find_channel,
    render_page,
    routing_form,
    status_context,
)

ROTATED_ALREADY = (
    "This page was sent a second time, so the secret was not rotated again."
)
NO_SECRET = "Only a webhook has a signing secret."  # noqa: S105


@require_GET
@organization_view(Role.ADMIN)
def channel_detail(request: OrganizationRequest, channel_id: UUID) -> HttpResponse:
    return render_page(request, find_channel(request, channel_id))


@require_GET
@organization_view(Role.ADMIN)
def channel_status(request: OrganizationRequest, channel_id: UUID) -> HttpResponse:
    """Render the parts of the page that change by themselves, for `refresh.js`."""
    context = status_context(request, find_channel(request, channel_id))
    response = render(request, "alerts/channels/_live.html", context)
    add_never_cache_headers(response)
    return response


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@organization_view(Role.ADMIN)
def change_channel(request: OrganizationRequest, channel_id: UUID) -> HttpResponse:
    channel = find_channel(request, channel_id)
    if request.method == "GET":  # the address bar, after a form was sent
        return to_page(request, channel)
    form = config_form(channel, request.POST)
    if not form.is_valid():
        return render_page(request, channel, config_form=form)
    channel_actions.change_channel(
        channel=channel,
        name=form.cleaned_data["name"],
        checked=form.checked,
        by=request.user,
    )
    return to_page(request, channel)


@require_http_methods(["GET", "POST"])
@organization_view(Role.ADMIN)
def change_routing(request: OrganizationRequest, channel_id: UUID) -> HttpResponse:
    channel = find_channel(request, channel_id)
    if request.method == "GET":  # the address bar, after a form was sent
        return to_page(request, channel)
    form = routing_form(request, channel, request.POST)
    if not form.is_valid():
        return render_page(request, channel, routing_form=form)
    channel_actions.change_routing(
        channel=channel, by=request.user, **form.cleaned_data
    )
    return to_page(request, channel)


@require_POST
@organization_view(Role.ADMIN)
def test_channel(request: OrganizationRequest, channel_id: UUID) -> HttpResponse:
    """Have a worker send a test, and lead back to the page, which follows it."""
    channel = find_channel(request, channel_id)
    message = channel_actions.test_channel(channel=channel, by=request.user)
    return to_page(request, channel, f"?test={message.pk}")


@require_http_methods(["GET", "POST"])
@organization_view(Role.ADMIN)
def rotate_secret(request: OrganizationRequest, channel_id: UUID) -> HttpResponse:
    """Replace the signing secret, and answer with the new one: it is in no other answer."""
    channel = find_channel(request, channel_id)
    if request.method == "GET":  # the address bar, after a form was sent
        return to_page(request, channel)
    if channel.kind != Channel.Kind.WEBHOOK:
        messages.error(request, NO_SECRET)
        return to_page(request, channel)
    try:
        secret = channel_actions.rotate_secret(
            channel=channel, before=request.POST.get("before", ""), by=request.user
        )
    except channel_actions.RotatedAlready:
        messages.error(request, ROTATED_ALREADY)
        return to_page(request, channel)
    response = render_page(request, channel, made_secret=secret)
    add_never_cache_headers(response)
    return response


@require_POST
@organization_view(Role.ADMIN)
def enable_channel(request: OrganizationRequest, channel_id: UUID) -> HttpResponse:
    channel = find_channel(request, channel_id)
    channel_actions.enable_channel(channel=channel, by=request.user)
    messages.success(request, f"{channel.name} is enabled again.")
    return to_page(request, channel)


@require_POST
@organization_view(Role.ADMIN)
def remove_channel(request: OrganizationRequest, channel_id: UUID) -> HttpResponse:
    channel = find_channel(request, channel_id)
    name = channel.name
    channel_actions.remove_channel(channel=channel, by=request.user)
    messages.success(request, f"{name} is removed. Nothing is sent there any more.")
    return redirect("alerts:channels", request.organization.slug)


def to_page(
    request: OrganizationRequest, channel: Channel, query: str = ""
) -> HttpResponse:
    """Lead to the page of a channel."""
    page = reverse("alerts:channel", args=[request.organization.slug, channel.pk])
    return redirect(f"{page}{query}")
