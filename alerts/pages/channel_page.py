"""The page of one channel: its state, its forms, its log."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from accounts.http import OrganizationRequest
from alerts.channels.registry import config_of, kind_of
from alerts.messages.events import TEST
from alerts.models import Channel, Message
from alerts.pages.channel_actions import masked_secret
from alerts.pages.channel_attempts import (
    MAX_WAITING,
    event_in_words,
    read_attempts,
    waiting_count,
)
from alerts.pages.channel_forms import ConfigForm, RoutingForm, agents_of
from alerts.pages.issue_filters import AGENTS_IN_MENU
from alerts.pages.issue_history import SentMessage, with_answers
from web.paging import page_links


def find_channel(request: OrganizationRequest, channel_id: UUID) -> Channel:
    """Return a channel of the organization.

    Raises:
        Http404: it has no such channel.
    """
    channels = Channel.objects.in_organization(request.organization)
    return get_object_or_404(
        channels.select_related("organization", "created_by"), pk=channel_id
    )


def render_page(
    request: OrganizationRequest, channel: Channel, **extra: Any
) -> HttpResponse:
    """Render the page of a channel.

    extra: replaces entries of the context, as by a form that was sent and did not fit.
    """
    context = {
        **status_context(request, channel),
        "declared": kind_of(channel),
        "is_unreadable": config_of(channel) is None,
        "masked_secret": masked_secret(channel),
        "config_form": config_form(channel),
        "routing_form": routing_form(request, channel),
        **extra,
    }
    return render(request, "alerts/channels/detail.html", context)


def status_context(request: OrganizationRequest, channel: Channel) -> dict[str, Any]:
    """Return what of a channel's page changes by itself: its state, its log, a test."""
    page = read_attempts(channel, request.GET)
    waiting = waiting_count(channel)
    test = sent_test(channel, request.GET.get("test", ""))
    url = reverse("alerts:channel-status", args=[request.organization.slug, channel.pk])
    return {
        "channel": channel,
        "page": page,
        "attempts": [(one, event_in_words(one)) for one in page.rows],
        "waiting": f"{waiting} or more" if waiting >= MAX_WAITING else waiting,
        "test": test,
        "status_version": _version_of(channel, waiting, test),
        # Older pages of the log stay as they are.
        "status_url": ""
        if page.newer
        else f"{url}?test={test.message.pk}"
        if test
        else url,
        **page_links(page, ""),
    }


def _version_of(channel: Channel, waiting: int, test: SentMessage | None) -> str:
    """Return what changes when the state of a channel does, apart from how long ago."""
    state = (channel.disabled_at, channel.failures, channel.taken_at, channel.shown)
    return f"{state} {waiting} {test and (test.word, test.last and test.last.pk)}"


def sent_test(channel: Channel, text: str) -> SentMessage | None:
    """Return a test of a channel, and what came of it; None where there is none."""
    try:
        message_id = UUID(text)
    except ValueError:
        return None
    tests = Message.objects.filter(
        organization=channel.organization_id, channel=channel, event=TEST
    )
    return next(iter(with_answers(list(tests.filter(pk=message_id)))), None)


def config_form(channel: Channel, sent: Any = None) -> ConfigForm:
    """Return the form of how a channel is reached.

    sent: what was posted, if anything.
    """
    return ConfigForm(sent, kind=channel.kind, channel=channel, auto_id="channel-%s")


def routing_form(
    request: OrganizationRequest, channel: Channel, sent: Any = None
) -> RoutingForm:
    """Return the form of what a channel is told.

    sent: what was posted, if anything.
    """
    own = agents_of(request.organization)
    menu = list(own.in_service_first()[:AGENTS_IN_MENU])
    known = {one.pk for one in menu}
    # Those that were chosen before stay in the menu, wherever they are by now.
    menu += own.filter(pk__in=[one for one in channel.agents if one not in known])
    return RoutingForm(
        sent,
        channel=channel,
        membership=request.membership,
        agents=menu,
        auto_id="routing-%s",
    )
