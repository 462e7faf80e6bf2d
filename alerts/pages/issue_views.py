"""The open issues, those that are over, one of them, and those of an agent."""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_GET

from accounts.access import organization_view
from accounts.http import OrganizationRequest
from accounts.models import Membership
from alerts.models import Channel
from alerts.pages.issue_filters import (
    Filters,
    filter_choices,
    issues_of,
    read_filters,
    read_page,
)
from alerts.pages.issue_forms import HistoryForm, IssuesForm
from alerts.pages.issue_history import history_of, messages_about
from alerts.pages.issue_links import links_of
from alerts.pages.issue_rows import IssueRow, issue_rows, what_was_wrong
from alerts.pages.watched import watched_by
from conversations.agents.views import find_agent
from conversations.panels import render_panel
from web.paging import page_links
from web.snapshot import one_snapshot

OPEN_ON_AGENT_PAGE = 10
PAST_ON_AGENT_PAGE = 5


@require_GET
@organization_view()
def issue_list(request: OrganizationRequest) -> HttpResponse:
    """Answer the open issues; for the poll of `live.js` what moves of them alone, or 204
    where they are as that reader has `seen` them.
    """
    filters = read_filters(request.GET)
    with one_snapshot():
        context = open_context(request, filters)
        if request.htmx and request.GET.get("seen") == context["version"]:
            response = HttpResponse(status=204)
        elif request.htmx:
            response = render(request, "alerts/issues/_listing.html", context)
        else:
            context |= filter_choices(request.membership, filters, IssuesForm)
            response = render(request, "alerts/issues/list.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def open_context(request: OrganizationRequest, filters: Filters) -> dict[str, Any]:
    """Return what the page of open issues shows apart from its filters."""
    now, zone = timezone.now(), request.organization.zone
    opened = issues_of(request.membership).open()
    page = read_page(filters.narrow(opened), request.GET)
    rows = issue_rows(page.rows, now, zone)
    total, snoozed = opened.count(), opened.snoozed().count()
    channels = Channel.objects.in_organization(request.organization)
    disabled = list(channels.exclude(disabled_at=None).values_list("name", flat=True))
    return {
        "page": page,
        "rows": rows,
        "filters": filters,
        "awake": total - snoozed,
        "snoozed": snoozed,
        "channel_count": channels.usable().filter(sends_issues=True).count(),
        "disabled_channels": disabled,
        "watched": () if rows else watched_by(request.membership),
        "version": version_of(rows, total, snoozed, disabled),
        "list_url": reverse("alerts:issues", args=[request.organization.slug]),
        **page_links(page, filters.query()),
    }


def version_of(rows: list[IssueRow], *facts: object) -> str:
    """Return a digest that changes when what the page shows does, apart from how long
    ago that was.
    """
    seen = hashlib.blake2b(repr(facts).encode(), digest_size=8)
    for row in rows:
        seen.update(row.version.encode())
    return seen.hexdigest()


@require_GET
@organization_view()
def history(request: OrganizationRequest) -> HttpResponse:
    """List the issues that are over, the newest first."""
    filters = read_filters(request.GET, HistoryForm)
    resolved = filters.narrow(issues_of(request.membership).resolved())
    page = read_page(resolved, request.GET)
    zone = request.organization.zone
    context = {
        "page": page,
        "rows": issue_rows(page.rows, timezone.now(), zone),
        "filters": filters,
        "list_url": reverse("alerts:history", args=[request.organization.slug]),
        **filter_choices(request.membership, filters, HistoryForm),
        **page_links(page, filters.query()),
    }
    return render(request, "alerts/issues/history.html", context)


@require_GET
@organization_view()
def issue_detail(request: OrganizationRequest, issue_id: UUID) -> HttpResponse:
    """Show one issue: its cause, what became of it, and which messages were sent."""
    return render(request, "alerts/issues/detail.html", detail(request, issue_id))


@require_GET
@organization_view()
def issue_status(request: OrganizationRequest, issue_id: UUID) -> HttpResponse:
    """Render the parts of an issue's page that change by themselves, for `refresh.js`."""
    return render(request, "alerts/issues/_live.html", detail(request, issue_id))


def detail(request: OrganizationRequest, issue_id: UUID) -> dict[str, Any]:
    """Return the context of an issue's page.

    Raises:
        Http404: the reader's organization has no such issue.
    """
    issue = find_issue(request.membership, issue_id)
    zone = request.organization.zone
    (row,) = issue_rows([issue], timezone.now(), zone)
    return {
        "row": row,
        "issue": issue,
        "was_wrong": [] if issue.is_open else what_was_wrong(issue, zone),
        "changes": history_of(issue),
        "messages_sent": messages_about(issue),
        "links": links_of(issue, request.membership),
        "status_url": reverse(
            "alerts:issue-status", args=[request.organization.slug, issue.pk]
        ),
    }


def find_issue(membership: Membership, issue_id: UUID) -> Any:
    """Return an issue that a member may see.

    Raises:
        Http404: there is none.
    """
    return get_object_or_404(issues_of(membership).for_list(), pk=issue_id)


@require_GET
@organization_view()
def agent_issues(request: OrganizationRequest, agent_id: UUID) -> HttpResponse:
    """Show the issues of an agent, open ones first, on its page."""
    agent = find_agent(request, agent_id)
    own = issues_of(request.membership).filter(agent=agent).newest_first().for_list()
    now, zone = timezone.now(), request.organization.zone
    context = {
        "agent": agent,
        "rows": issue_rows(own.open()[:OPEN_ON_AGENT_PAGE], now, zone),
        "past": issue_rows(own.resolved()[:PAST_ON_AGENT_PAGE], now, zone),
    }
    return render_panel(request, "alerts/issues", "of_agent.html", context)
