"""What pages of conversations show of their deliveries and their connection."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_GET

from accounts.access import organization_view
from accounts.http import OrganizationRequest
from accounts.models import Role
from conversations.models import Agent, Conversation
from integrations.agent_connection import agent_connection as connection_of
from integrations.models import Delivery

MOST_DELIVERIES = 50


@require_GET
@organization_view()
def agent_connection(request: OrganizationRequest, agent_id: UUID) -> HttpResponse:
    agent = get_object_or_404(
        Agent.objects.in_organization(request.organization), pk=agent_id
    )
    context = {"agent": agent, "connection": connection_of(agent, timezone.now())}
    return render_panel(request, "agent_connection.html", context)


@require_GET
@organization_view(Role.ADMIN)
def conversation_deliveries(
    request: OrganizationRequest, conversation_id: UUID
) -> HttpResponse:
    conversation = get_object_or_404(
        Conversation.objects.in_organization(request.organization), pk=conversation_id
    )
    deliveries = list(
        Delivery.objects.of_call(conversation).for_list()[: MOST_DELIVERIES + 1]
    )
    context = {
        "conversation": conversation,
        "deliveries": deliveries[:MOST_DELIVERIES],
        "cut_at": MOST_DELIVERIES if len(deliveries) > MOST_DELIVERIES else None,
    }
    return render_panel(request, "conversation_deliveries.html", context)


def render_panel(
    request: OrganizationRequest, name: str, context: dict[str, object]
) -> HttpResponse:
    """The fragment for htmx, the same inside a page for everybody else."""
    template = f"integrations/{'_' if request.htmx else ''}{name}"
    response = render(request, template, context)
    patch_vary_headers(response, ["HX-Request"])
    return response
