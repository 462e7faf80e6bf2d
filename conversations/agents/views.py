"""The list of agents, the page of one, and its parts that load later."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.access import organization_view
from accounts.http import OrganizationRequest
from conversations.agents.activity_chart import activity_of
from conversations.agents.status import rows_of
from conversations.agents.version_comparison import compare_versions
from conversations.listing.columns import AGENT_PAGE_COLUMNS, columns_of
from conversations.listing.rows import list_rows
from conversations.models import Agent, Conversation, Transcript
from conversations.panels import render_panel
from web.storable_text import drop_unstorable

# The page is one list, sorted by what needs a look; beyond this it is cut and says so.
AGENTS_ON_PAGE = 500
# From here on a list is searched sooner than read.
SEARCHED_FROM = 12
MAX_SEARCH_CHARACTERS = 255
RECENT_CONVERSATIONS = 10


@require_GET
@organization_view()
def agent_list(request: OrganizationRequest) -> HttpResponse:
    """List the agents that fit a search, those that need a look first."""
    text = drop_unstorable(request.GET.get("q", "")).strip()[:MAX_SEARCH_CHARACTERS]
    everyone = Agent.objects.in_organization(request.organization).not_merged()
    agents = list(
        (everyone.called(text) if text else everyone)
        .defer("description")
        .in_service_first()[: AGENTS_ON_PAGE + 1]
    )
    rows = sorted(
        rows_of(agents[:AGENTS_ON_PAGE], timezone.now(), request.organization.zone),
        key=lambda row: row.rank,
    )
    in_service = [row for row in rows if not row.agent.retired_at]
    retired = [row for row in rows if row.agent.retired_at]
    context = {
        "text": text,
        "rows": in_service,
        "retired": retired,
        "called_since_retired": sum(row.called_since_retired for row in retired),
        "shows_expected": any(row.expected for row in rows),
        "to_look_at": sum(row.needs_a_look for row in in_service),
        "is_searched": bool(text) or len(rows) >= SEARCHED_FROM,
        "cut_at": AGENTS_ON_PAGE if len(agents) > AGENTS_ON_PAGE else None,
    }
    return render(request, "conversations/agents/list.html", context)


@require_GET
@organization_view()
def agent_detail(request: OrganizationRequest, agent_id: UUID) -> HttpResponse:
    """Show one agent; a merged one leads to the agent that it was merged into."""
    agent = get_object_or_404(
        Agent.objects.in_organization(request.organization), pk=agent_id
    )
    if agent.merged_into_id:
        return redirect(
            "conversations:agent",
            slug=request.organization.slug,
            agent_id=agent.merged_into_id,
        )
    own = Conversation.objects.filter(agent=agent).newest_first()
    recent = list(own.for_list()[:RECENT_CONVERSATIONS])
    columns = columns_of(AGENT_PAGE_COLUMNS)
    newest = recent[0] if recent else None
    aliases = list(Agent.objects.filter(merged_into=agent).order_by("external_id"))
    context = {
        "row": rows_of([agent], timezone.now(), request.organization.zone)[0],
        "agent": agent,
        "recent": list_rows(recent, columns),
        "recent_columns": columns,
        # Next and previous of one that is opened here stay within this agent's.
        "row_query": f"agent={agent.id}",
        "newest": newest,
        "system_prompt": system_prompt_of(newest),
        "aliases": aliases,
        "is_moving": Conversation.objects.filter(agent__in=aliases).exists(),
    }
    return render(request, "conversations/agents/detail.html", context)


@require_GET
@organization_view()
def agent_activity(request: OrganizationRequest, agent_id: UUID) -> HttpResponse:
    """Show when the sessions of an agent arrived."""
    agent = find_agent(request, agent_id)
    activity = activity_of(agent, timezone.now(), request.organization.zone)
    context = {"agent": agent, "activity": activity}
    return render_panel(request, "conversations/agents", "activity.html", context)


@require_GET
@organization_view()
def agent_versions(request: OrganizationRequest, agent_id: UUID) -> HttpResponse:
    """Show the versions of an agent side by side."""
    agent = find_agent(request, agent_id)
    newest = Conversation.objects.filter(agent=agent).newest_first().only("created_at")
    last = newest.first()
    comparison = compare_versions(agent, last.created_at) if last else None
    context = {"agent": agent, "comparison": comparison}
    return render_panel(request, "conversations/agents", "versions.html", context)


def find_agent(request: OrganizationRequest, agent_id: UUID) -> Agent:
    """Return an agent that is not merged: what is left of a merged one is on the kept
    one's page.

    Raises:
        Http404: the organization has no such agent.
    """
    own = Agent.objects.in_organization(request.organization)
    return get_object_or_404(own.not_merged(), pk=agent_id)


def system_prompt_of(conversation: Conversation | None) -> str:
    """Return the system prompt of a conversation, or an empty text."""
    prompt = (
        Transcript.objects.filter(conversation=conversation)
        .values_list("system_prompt", flat=True)
        .first()
    )
    return prompt or ""
