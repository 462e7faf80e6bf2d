"""Conversations to take along: the page that asks how, and the download."""

from __future__ import annotations

from collections.abc import Iterable

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from accounts.access import organization_view
from accounts.grant import grant_of
from accounts.http import OrganizationRequest
from conversations.exports import answers
from conversations.exports.audit import record_export
from conversations.exports.request import (
    MAX_CHOSEN,
    ExportRequest,
    Format,
    read_export_request,
)
from conversations.exports.rows import how_many
from conversations.exports.stream import Download
from conversations.listing.active_filters import active_filters
from conversations.models import Agent
from web.active_filters import ActiveFilter
from web.long_answers import NoSlotFree
from web.server.head_requests import is_head


@require_GET
@organization_view()
def export(request: OrganizationRequest) -> HttpResponse:
    """Render how many there are, and ask for the format."""
    return _page(request, read_export_request(request.GET))


def _page(request: OrganizationRequest, wanted: ExportRequest) -> HttpResponse:
    context = {
        "wanted": wanted,
        "chips": chips(request, wanted),
        "formats": Format,
        # The form sends these again.
        "fields": [
            (name, value)
            for name, values in request.GET.lists()
            if name != "format"
            for value in values
        ],
        "fault": fault_of(wanted),
        "max_chosen": MAX_CHOSEN,
        "list_query": wanted.asked.query(),
    }
    if not context["fault"]:
        context["amount"] = how_many(request.organization, wanted)
    return render(request, "conversations/exports/export.html", context)


@require_GET
@never_cache
@organization_view()
def export_file(request: OrganizationRequest) -> HttpResponseBase:
    """Answer with the file, or with the page where the request makes no sense."""
    wanted = read_export_request(request.GET)
    if fault_of(wanted):
        return _page(request, wanted)
    organization = request.organization
    if is_head(request):
        return _attachment(request, wanted, ())
    try:
        download = Download(
            organization=organization,
            wanted=wanted,
            by=request.user,
            why_lost=grant_of(request).why_lost,
        )
    except NoSlotFree:
        return answers.busy(request)
    try:
        record_export(
            organization=organization,
            wanted=wanted,
            chips=chips(request, wanted),
            by=request.user,
        )
        return _attachment(request, wanted, download)
    except BaseException:
        download.close()
        raise


def _attachment(
    request: OrganizationRequest, wanted: ExportRequest, content: Iterable[bytes]
) -> HttpResponseBase:
    return answers.attachment(
        content,
        name=file_name(request, wanted),
        content_type=wanted.format.content_type,
    )


def file_name(request: OrganizationRequest, wanted: ExportRequest) -> str:
    """Return the name of a file that is exported now."""
    return answers.file_name(request, "conversations", wanted.format.ending)


def fault_of(wanted: ExportRequest) -> str:
    """Return what is wrong with a choice of rows, as a sentence; empty where nothing
    is."""
    if wanted.chosen is None:
        return ""
    if not wanted.chosen:
        return "No row is selected. Go back and select some, or export all that match."
    if len(wanted.chosen) > MAX_CHOSEN:
        return (
            f"{len(wanted.chosen)} rows are selected; at most {MAX_CHOSEN} can be. "
            "Use a filter, and export all that match."
        )
    return ""


def chips(request: OrganizationRequest, wanted: ExportRequest) -> list[ActiveFilter]:
    """Return the filters in force."""
    if wanted.chosen is not None:
        return []
    agents = Agent.objects.in_organization(request.organization)
    agent_id = wanted.asked.agent
    agent = agents.filter(id=agent_id).first() if agent_id else None
    return active_filters(wanted.asked, agent)
