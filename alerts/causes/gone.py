"""Agents and keys that nobody waits for any more: their issues are over."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from alerts.issues.endings import Ending
from alerts.models import Issue
from conversations.models import Agent


def in_service(agent_ids: Collection[UUID]) -> dict[UUID, str]:
    """Return the names of those agents that are neither retired nor merged."""
    if not agent_ids:
        return {}
    agents = Agent.objects.filter(id__in=agent_ids, retired_at=None).not_merged()
    return {one.pk: one.display_name for one in agents.defer("description")}


def with_gone_agents(issues: Sequence[Issue]) -> dict[UUID, Ending]:
    """Return how those issues ended whose agent is retired, merged or no longer there."""
    about = {issue.pk: issue.facts.get("agent_id") for issue in issues}
    agents = Agent.objects.defer("description").in_bulk(
        [UUID(each) for each in about.values() if each]
    )
    found = {}
    for issue_id, agent_id in about.items():
        if agent_id and (why := _why_gone(agents.get(UUID(agent_id)))):
            found[issue_id] = Ending(because=why)
    return found


def _why_gone(agent: Agent | None) -> str:
    if agent is None:
        return "deleted"
    if agent.merged_into_id:
        return "merged"
    return "retired" if agent.retired_at else ""
