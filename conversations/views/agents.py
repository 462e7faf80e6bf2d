from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.access import organization_view
from accounts.http import OrganizationRequest
from conversations.models import Agent, Conversation, Provider, Transcript
from conversations.rhythm import Rhythm, State, rhythms

# The page is one list, sorted by what needs a look; beyond this it is cut and says so.
AGENTS_ON_PAGE = 200
RECENT_CONVERSATIONS = 10
# How far back "versions lately" looks, conversations.
VERSIONS_AMONG = 200


@dataclass(frozen=True, slots=True)
class Row:
    agent: Agent
    rhythm: Rhythm

    @property
    def provider(self) -> str:
        return dict(Provider.choices).get(self.agent.provider, self.agent.provider)

    @property
    def rank(self) -> tuple[bool, float]:
        """Those that need a look first, then by last session, newest first."""
        last = self.rhythm.last_session_at
        return self.rhythm.state is not State.QUIET, -(
            last.timestamp() if last else 0.0
        )


@require_GET
@organization_view()
def agent_list(request: OrganizationRequest) -> HttpResponse:
    agents = list(
        Agent.objects.in_organization(request.organization)
        .defer("description")
        .order_by("-created_at")[: AGENTS_ON_PAGE + 1]
    )
    rows = rows_of(agents[:AGENTS_ON_PAGE])
    context = {
        "rows": sorted(rows, key=lambda row: row.rank),
        "quiet": sum(row.rhythm.state is State.QUIET for row in rows),
        "cut_at": AGENTS_ON_PAGE if len(agents) > AGENTS_ON_PAGE else None,
    }
    return render(request, "conversations/agents.html", context)


def rows_of(agents: list[Agent]) -> list[Row]:
    found = rhythms(agents, timezone.now())
    return [Row(agent, found[agent.id]) for agent in agents]


@require_GET
@organization_view()
def agent_detail(request: OrganizationRequest, agent_id: UUID) -> HttpResponse:
    agent = get_object_or_404(
        Agent.objects.in_organization(request.organization), pk=agent_id
    )
    own = Conversation.objects.filter(agent=agent).newest_first()
    recent = list(own.for_list()[:RECENT_CONVERSATIONS])
    newest = recent[0] if recent else None
    context = {
        "row": rows_of([agent])[0],
        "agent": agent,
        "recent": recent,
        "newest": newest,
        "system_prompt": system_prompt_of(newest),
        "versions": versions_lately(agent),
    }
    return render(request, "conversations/agent.html", context)


def system_prompt_of(conversation: Conversation | None) -> str:
    prompt = (
        Transcript.objects.filter(conversation=conversation)
        .values_list("system_prompt", flat=True)
        .first()
    )
    return prompt or ""


def versions_lately(agent: Agent) -> list[dict[str, object]]:
    """The builds among the newest conversations, the latest seen first."""
    seen: dict[str, dict[str, object]] = {}
    newest = (
        Conversation.objects.filter(agent=agent)
        .newest_first()
        .values_list("version", "created_at")[:VERSIONS_AMONG]
    )
    counts: dict[str, int] = {}
    for version, created_at in newest:
        if version:
            counts[version] = counts.get(version, 0) + 1
            seen.setdefault(version, {"version": version, "last_at": created_at})
    return [{**seen[version], "count": counts[version]} for version in seen]
