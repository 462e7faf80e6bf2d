"""The pages and forms with which admins change, retire, merge and separate agents."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import organization_view
from accounts.http import OrganizationRequest
from accounts.models import Role
from conversations.agents import actions, merging
from conversations.agents.forms import AgentForm, MergeForm
from conversations.agents.status import rows_of
from conversations.agents.views import find_agent
from conversations.models import Agent, Conversation

# Beyond this the page of a merge says "over": it counts no year of calls.
MAX_COUNTED = 10_000
# How long an answer waits for conversations to be moved; a worker moves the rest.
MOVED_AT_ONCE_SECONDS = 1.0


@require_http_methods(["GET", "POST"])
@organization_view(Role.ADMIN)
def edit(request: OrganizationRequest, agent_id: UUID) -> HttpResponse:
    """Change the name, the description and the type of an agent."""
    agent = find_agent(request, agent_id)
    form = AgentForm(request.POST or None, agent=agent)
    if form.is_valid():
        actions.change_agent(
            agent=agent,
            name=form.changed("name"),
            description=form.changed("description"),
            type=form.changed("type"),
            by=request.user,
        )
        messages.success(request, "Saved.")
        return to_page(request, agent)
    return render(
        request, "conversations/agents/edit.html", {"agent": agent, "form": form}
    )


@require_POST
@organization_view(Role.ADMIN)
def retire(request: OrganizationRequest, agent_id: UUID) -> HttpResponse:
    """Retire an agent."""
    agent = find_agent(request, agent_id)
    actions.retire_agent(agent=agent, by=request.user)
    messages.success(
        request, "Retired. It is folded away in the list; its calls are still taken."
    )
    return to_page(request, agent)


@require_POST
@organization_view(Role.ADMIN)
def bring_back(request: OrganizationRequest, agent_id: UUID) -> HttpResponse:
    """Bring a retired agent back."""
    agent = find_agent(request, agent_id)
    actions.bring_back_agent(agent=agent, by=request.user)
    messages.success(request, "Brought back.")
    return to_page(request, agent)


@require_http_methods(["GET", "POST"])
@organization_view(Role.ADMIN)
def merge(request: OrganizationRequest, agent_id: UUID) -> HttpResponse:
    """Choose the agent to merge into, confirm what that means, then merge."""
    agent = find_agent(request, agent_id)
    form = MergeForm(request.POST or request.GET or None, agent=agent)
    if not form.is_valid():
        context = {"agent": agent, "form": form}
        return render(request, "conversations/agents/merge.html", context)
    kept = form.chosen()
    if request.method == "GET":
        context = merge_facts(request, agent, kept)
        return render(request, "conversations/agents/merge_confirm.html", context)
    try:
        merging.merge_agents(merged=agent, kept=kept, by=request.user)
    except merging.MergeConflict as conflict:
        messages.error(request, f"Nothing was merged: {conflict}")
        return to_page(request, agent)
    merging.move_merged_conversations(seconds=MOVED_AT_ONCE_SECONDS)
    messages.success(request, f"Merged {agent.display_name} into {kept.display_name}.")
    return to_page(request, kept)


def merge_facts(
    request: OrganizationRequest, agent: Agent, kept: Agent
) -> dict[str, object]:
    """Return what the page says that confirms a merge."""
    merged_row, kept_row = rows_of(
        [agent, kept], timezone.now(), request.organization.zone
    )
    own = Conversation.objects.filter(agent=agent)
    count = own[: MAX_COUNTED + 1].count()
    return {
        "agent": agent,
        "kept": kept,
        "rows": [("Goes", merged_row), ("Stays", kept_row)],
        "count": min(count, MAX_COUNTED),
        "is_over": count > MAX_COUNTED,
    }


@require_http_methods(["GET", "POST"])
@organization_view(Role.ADMIN)
def separate(request: OrganizationRequest, agent_id: UUID) -> HttpResponse:
    """Undo a merge; `agent_id` is that of the merged agent."""
    merged = Agent.objects.in_organization(request.organization).exclude(
        merged_into=None
    )
    agent = get_object_or_404(merged.select_related("merged_into"), pk=agent_id)
    if request.method == "GET":
        return render(request, "conversations/agents/separate.html", {"agent": agent})
    merging.separate_agent(agent=agent, by=request.user)
    messages.success(request, f"{agent.external_id} is an agent of its own again.")
    return to_page(request, agent)


def to_page(request: OrganizationRequest, agent: Agent) -> HttpResponse:
    """Redirect to the page of an agent."""
    return redirect(
        "conversations:agent", slug=request.organization.slug, agent_id=agent.pk
    )
