"""Acknowledging issues and letting them rest."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.access import organization_view
from accounts.http import OrganizationRequest
from accounts.links import page_before
from alerts.issues import actions
from alerts.models import Issue
from alerts.pages.issue_forms import SnoozeTime, snoozed_until
from alerts.pages.issue_views import find_issue

RESOLVED = "That issue is resolved by now, so nothing was changed."
NO_SUCH_TIME = "Nothing was snoozed: choose one of the times on the page."


@require_POST
@organization_view()
def acknowledge(request: OrganizationRequest, issue_id: UUID) -> HttpResponse:
    """Say that somebody looks after an issue."""
    issue = find_issue(request.membership, issue_id)
    if issue.is_open:
        actions.acknowledge(issue=issue, by=request.user)
    else:
        messages.info(request, RESOLVED)
    return back(request, issue)


@require_POST
@organization_view()
def snooze(request: OrganizationRequest, issue_id: UUID) -> HttpResponse:
    """Let an issue rest for one of the times that the page offers."""
    issue = find_issue(request.membership, issue_id)
    choice = request.POST.get("for", "")
    if choice not in SnoozeTime.values:
        messages.error(request, NO_SUCH_TIME)
    elif issue.is_open:
        zone = request.organization.zone
        until = snoozed_until(SnoozeTime(choice), timezone.now(), zone)
        actions.snooze(issue=issue, until=until, by=request.user)
    else:
        messages.info(request, RESOLVED)
    return back(request, issue)


@require_POST
@organization_view()
def wake(request: OrganizationRequest, issue_id: UUID) -> HttpResponse:
    """End the rest of an issue."""
    issue = find_issue(request.membership, issue_id)
    if issue.is_open:
        actions.wake(issue=issue, by=request.user)
    return back(request, issue)


def back(request: OrganizationRequest, issue: Issue) -> HttpResponse:
    """Lead back to the page that the button was on."""
    page = reverse("alerts:issue", args=[request.organization.slug, issue.pk])
    return redirect(page_before(request, page))
