"""Finding or creating the agents that deliveries refer to."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from conversations.models import Agent
from conversations.projection.update import AgentReference


class AgentKey(NamedTuple):
    """An agent as a delivery names it: by `id`, or by the sender's own id."""

    organization_id: UUID
    id: UUID | None
    provider: str
    external_id: str

    def sort_key(self) -> tuple[str, str, str]:
        return str(self.organization_id), self.provider, self.external_id


class Named(NamedTuple):
    """A reference with its place in the log, which decides who names an agent first."""

    sequence: int
    key: AgentKey
    name: str | None


def key_of(organization_id: UUID, provider: str, agent: AgentReference) -> AgentKey:
    """Return the key of an agent as a delivery refers to it."""
    if agent.id is not None:
        return AgentKey(organization_id, agent.id, "", "")
    return AgentKey(organization_id, None, provider, agent.external_id or "")


def find_or_create(named: Iterable[Named]) -> dict[AgentKey, UUID]:
    """Return the ids of all agents referred to; unknown external ids make new agents.

    The first name in the log's order names an agent that no person has named. A key by
    an `id` that the organization does not have is missing from the answer.
    """
    references = sorted(named, key=lambda one: one.sequence)
    keys = {one.key for one in references}
    found = _find(keys)
    missing = [key for key in keys - found.keys() if key.id is None]
    if missing:
        Agent.objects.bulk_create(
            [
                Agent(
                    organization_id=key.organization_id,
                    provider=key.provider,
                    external_id=key.external_id,
                )
                # In one order everywhere, so that no two workers deadlock.
                for key in sorted(missing, key=AgentKey.sort_key)
            ],
            ignore_conflicts=True,
        )
        found |= _find(keys - found.keys())
    _name(references, found)
    return {key: agent.id for key, agent in found.items()}


def find(keys: Iterable[AgentKey]) -> dict[AgentKey, UUID]:
    """Return the ids of those agents that exist."""
    return {key: agent.id for key, agent in _find(keys).items()}


def _find(keys: Iterable[AgentKey]) -> dict[AgentKey, Agent]:
    """Return the agents that exist, a merged one as the agent that it was merged into."""
    by_id = {key.id: key for key in keys if key.id is not None}
    by_external_id = [key for key in keys if key.id is None]
    found: dict[AgentKey, Agent] = {}
    if by_id:
        for agent in Agent.objects.filter(id__in=by_id):
            key = by_id[agent.id]
            if agent.organization_id == key.organization_id:
                found[key] = agent
    if by_external_id:
        agents = Agent.objects.raw(
            """
            SELECT agent.* FROM conversations_agent AS agent
            JOIN unnest(%s::uuid[], %s::text[], %s::text[])
                AS requested (organization_id, provider, external_id)
            USING (organization_id, provider, external_id)
            -- One that was only guessed may be let go of: not while it is in use.
            FOR KEY SHARE OF agent
            """,
            [
                [key.organization_id for key in by_external_id],
                [key.provider for key in by_external_id],
                [key.external_id for key in by_external_id],
            ],
        )
        for agent in agents:
            found[
                AgentKey(agent.organization_id, None, agent.provider, agent.external_id)
            ] = agent
    return _follow_merges(found)


def _follow_merges(found: dict[AgentKey, Agent]) -> dict[AgentKey, Agent]:
    targets = {agent.merged_into_id for agent in found.values()} - {None}
    if not targets:
        return found
    kept = Agent.objects.in_bulk(targets)
    return {
        key: kept[agent.merged_into_id] if agent.merged_into_id else agent
        for key, agent in found.items()
    }


def _name(references: list[Named], found: dict[AgentKey, Agent]) -> None:
    first: dict[UUID, Named] = {}
    for one in references:
        if one.name and one.key in found:
            first.setdefault(found[one.key].id, one)
    agents = {agent.id: agent for agent in found.values()}
    with connection.cursor() as cursor:
        # In order of ids, as every worker does it, so that none deadlock.
        for agent_id, one in sorted(first.items()):
            if _may_name(agents[agent_id], one.sequence):
                cursor.execute(_NAME, [one.name, one.sequence, agent_id, one.sequence])


def _may_name(agent: Agent, sequence: int) -> bool:
    named_by = agent.named_by_sequence
    return not agent.name or (named_by is not None and sequence < named_by)


_NAME = """
    UPDATE conversations_agent
    SET name = %s, named_by_sequence = %s, updated_at = now()
    WHERE id = %s AND (name = '' OR named_by_sequence > %s)
"""
