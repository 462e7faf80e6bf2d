"""What pages of conversations show of their deliveries and their connection."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.access import organization_view
from accounts.http import OrganizationRequest
from accounts.models import Role
from conversations.models import Agent, Conversation
from conversations.panels import render_panel
from integrations.connections.agent_status import agent_connection as connection_of
from integrations.connections.job_failures import job_failures
from integrations.deliveries.changes import changes_by
from integrations.models import Delivery

MAX_DELIVERIES = 50


@require_GET
@organization_view()
def agent_connection(request: OrganizationRequest, agent_id: UUID) -> HttpResponse:
    own = Agent.objects.in_organization(request.organization).not_merged()
    agent = get_object_or_404(own.select_related("organization"), pk=agent_id)
    now = timezone.now()
    context = {
        "agent": agent,
        "connection": connection_of(agent, now),
        "job_failures": job_failures(agent, now),
    }
    return render_panel(
        request, "integrations/connections", "agent_connection.html", context
    )


@require_GET
@organization_view(Role.ADMIN)
def conversation_deliveries(
    request: OrganizationRequest, conversation_id: UUID
) -> HttpResponse:
    conversation = get_object_or_404(
        Conversation.objects.in_organization(request.organization), pk=conversation_id
    )
    deliveries = list(
        Delivery.objects.of_call(conversation).for_list()[: MAX_DELIVERIES + 1]
    )
    is_cut = len(deliveries) > MAX_DELIVERIES
    # Without its first ones, a call's past cannot be told.
    changes = {} if is_cut else changes_by(deliveries)
    seen = request.GET.get("seen", "")
    context = {
        "conversation": conversation,
        "deliveries": [
            (one, changes.get(one.sequence)) for one in deliveries[:MAX_DELIVERIES]
        ],
        "cut_at": MAX_DELIVERIES if is_cut else None,
        "waits": any(one.outcome == Delivery.Outcome.ACCEPTED for one in deliveries),
        "seen": seen,
        "has_changed": bool(seen) and seen != str(conversation.applied_through),
    }
    return render_panel(
        request, "integrations/deliveries", "of_conversation.html", context
    )
