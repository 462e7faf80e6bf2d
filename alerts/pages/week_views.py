"""What was learnt of an agent: its usual week, and the gap of now in it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.access import organization_view
from accounts.http import OrganizationRequest
from alerts.pages.week_chart import gap_in_words, week_chart, week_in_words
from conversations.agents.views import find_agent
from conversations.agents.week_picture import week_picture


@require_GET
@organization_view()
def agent_week(request: OrganizationRequest, agent_id: UUID) -> HttpResponse:
    """Show the usual week of an agent; of one that is too new, what will be here."""
    agent = find_agent(request, agent_id)
    now, zone = timezone.now(), request.organization.zone
    picture = week_picture(agent, now, zone)
    context: dict[str, Any] = {"agent": agent, "picture": picture}
    if picture:
        context |= {
            "chart": week_chart(picture),
            "week_words": week_in_words(picture),
            "gap_words": gap_in_words(picture, now, zone),
        }
    return render(request, "alerts/week/week.html", context)
