"""The delivery status of many agents at once, in a fixed number of queries: whether a
delivery of theirs waits, and whether the newest one made no conversation."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from conversations.agents.delivery_status import DeliveryStatus, FailedDelivery
from conversations.models import Agent, Provider
from integrations.connections.recent_failures import advice_of
from integrations.models import Delivery

# Rows of the log: enough to find each agent among a day of waiting or unread ones.
MAX_LOOKED_THROUGH = 10_000
MAX_AGENTS = 500


class Reference(NamedTuple):
    """An agent as a delivery names it."""

    provider: str
    text: str


class Refused(NamedTuple):
    """A delivery that was refused or failed.

    at: of a folded row, its last post. is_key_itself: whether the key was what was
    refused, with 401 or 403.
    """

    sequence: int
    at: datetime
    provider: str
    key_id: UUID | None
    is_key_itself: bool


@dataclass(frozen=True, slots=True)
class Taken:
    """The newest post of an agent's newest conversation.

    key_id: the key it came with; None where the log no longer has it.
    at: when it arrived; when the conversation did, where that is later or all there is.
    """

    key_id: UUID | None
    at: datetime


def agent_delivery_status(agents: Sequence[Agent]) -> dict[UUID, DeliveryStatus]:
    """Return the delivery status by agent id, without agents of whom there is nothing.

    agents: all of one organization.
    """
    if not agents:
        return {}
    organization_id = agents[0].organization_id
    # Also agents that are not in question: who else posts with a key matters.
    all_agents = {agent.id: agent for agent in _agents_of(organization_id)}
    all_agents |= {agent.id: agent for agent in agents}
    references = references_of(all_agents.values())
    taken = last_taken(list(all_agents))
    waiting = _waiting(organization_id)
    refused = _refused(organization_id, agents, references, taken)
    stored, newest = {}, {}
    for agent in agents:
        own = [waiting[one] for one in references[agent.id] if one in waiting]
        if own:
            stored[agent.id] = max(own)
        taken_at = [*own, *([taken[agent.id].at] if agent.id in taken else [])]
        if refused[agent.id] and refused[agent.id][-1].at > max(
            taken_at, default=LONG_AGO
        ):
            newest[agent.id] = refused[agent.id][-1].sequence
    rows = Delivery.objects.without_bodies().in_bulk(newest.values())
    return {
        agent_id: DeliveryStatus(
            stored.get(agent_id),
            _failed_delivery(rows[newest[agent_id]]) if agent_id in newest else None,
        )
        for agent_id in stored.keys() | newest.keys()
    }


def _agents_of(organization_id: UUID) -> QuerySet[Agent]:
    agents = Agent.objects.filter(organization=organization_id).not_merged()
    return agents.in_service_first().defer("description")[:MAX_AGENTS]


def references_of(agents: Iterable[Agent]) -> dict[UUID, list[Reference]]:
    """Return the references of each agent, by its id, with those merged into it."""
    agents = list(agents)
    found = {agent.id: _own_references(agent) for agent in agents}
    for alias in Agent.objects.filter(merged_into__in=found):
        if alias.merged_into_id:
            found[alias.merged_into_id] += _own_references(alias)
    return found


def _own_references(agent: Agent) -> list[Reference]:
    return [
        Reference(agent.provider, agent.external_id),
        *(Reference(provider, str(agent.id)) for provider in Provider.values),
    ]


def last_taken(agent_ids: list[UUID]) -> dict[UUID, Taken]:
    """Return the newest post that was taken, by agent id; none for an agent without."""
    with connection.cursor() as cursor:
        cursor.execute(_TAKEN, {"agents": agent_ids})
        return {agent_id: Taken(key_id, at) for agent_id, key_id, at in cursor}


def _waiting(organization_id: UUID) -> dict[Reference, datetime]:
    parameters: dict[str, Any] = {
        "organization": organization_id,
        "most": MAX_LOOKED_THROUGH,
    }
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, parameters)
        return {Reference(provider, text): at for provider, text, at in cursor}


def _refused(
    organization_id: UUID,
    agents: Sequence[Agent],
    references: Mapping[UUID, list[Reference]],
    taken: Mapping[UUID, Taken],
) -> dict[UUID, list[Refused]]:
    """Return the refusals that concern each agent, oldest first: those that name it,
    those of its key, and those that could not be read where no other agent has its
    key."""
    named, unread = _read_refused(organization_id, references)
    of_keys: dict[tuple[UUID | None, str], list[Refused]] = defaultdict(list)
    for one in unread + [one for some in named.values() for one in some]:
        if one.is_key_itself:
            of_keys[one.key_id, one.provider].append(one)
    posting_with = Counter(one.key_id for one in taken.values())
    found = {}
    for agent in agents:
        own = list(named[agent.id])
        key_id = taken[agent.id].key_id if agent.id in taken else None
        if key_id is not None:
            for provider in (agent.provider, ""):
                own += of_keys[key_id, provider]
            if posting_with[key_id] == 1:
                providers = (agent.provider, "")
                own += [
                    one
                    for one in unread
                    if one.key_id == key_id and one.provider in providers
                ]
        found[agent.id] = sorted(own, key=lambda one: (one.at, one.sequence))
    return found


def _read_refused(
    organization_id: UUID, references: Mapping[UUID, list[Reference]]
) -> tuple[dict[UUID, list[Refused]], list[Refused]]:
    """Return the newest that name each agent, and of each key those that name none."""
    flat = [(agent_id, *one) for agent_id, own in references.items() for one in own]
    agent_ids, providers, texts = (list(column) for column in zip(*flat, strict=True))
    parameters: dict[str, Any] = {
        "organization": organization_id,
        "agents": agent_ids,
        "providers": providers,
        "references": texts,
        "all_providers": ["", *Provider.values],
        "most": MAX_LOOKED_THROUGH,
    }
    named: dict[UUID, list[Refused]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_REFUSED, parameters)
        for agent_id, *rest in cursor:
            named[agent_id].append(Refused(*rest))
        cursor.execute(_REFUSED_UNREAD, parameters)
        return named, [Refused(*row) for row in cursor]


def _failed_delivery(delivery: Delivery) -> FailedDelivery:
    return FailedDelivery(
        sequence=delivery.sequence,
        at=delivery.newest_at,
        failed=delivery.outcome == Delivery.Outcome.FAILED,
        status=delivery.status,
        reason=delivery.reason or advice_of(delivery).meaning,
    )


LONG_AGO = datetime.min.replace(tzinfo=UTC)

_TAKEN = """
    SELECT agent.id, post.key_id,
        greatest(session.created_at, post.received_at)
    FROM unnest(%(agents)s::uuid[]) AS agent (id)
    CROSS JOIN LATERAL (
        SELECT organization_id, provider, external_id, created_at
        FROM conversations_conversation
        WHERE agent_id = agent.id
        ORDER BY created_at DESC, id DESC LIMIT 1
    ) AS session
    LEFT JOIN LATERAL (
        SELECT key_id, received_at FROM integrations_delivery AS delivery
        WHERE delivery.organization_id = session.organization_id
            AND delivery.provider = session.provider
            AND delivery.external_id = session.external_id
            AND outcome = 'processed' AND key_id IS NOT NULL
        ORDER BY sequence DESC LIMIT 1
    ) AS post ON true
"""
_WAITING = """
    SELECT provider, agent_reference, max(received_at)
    FROM (
        SELECT provider, agent_reference, received_at FROM integrations_delivery
        WHERE organization_id = %(organization)s AND outcome = 'accepted'
        ORDER BY sequence DESC LIMIT %(most)s
    ) AS newest
    GROUP BY provider, agent_reference
"""
_REFUSED = """
    SELECT requested.agent_id, newest.*
    FROM unnest(%(agents)s::uuid[], %(providers)s::text[], %(references)s::text[])
        AS requested (agent_id, provider, reference)
    CROSS JOIN LATERAL (
        SELECT sequence, greatest(received_at, last_received_at), provider, key_id,
            status IN (401, 403)
        FROM integrations_delivery
        WHERE organization_id = %(organization)s AND provider = requested.provider
            AND agent_reference = requested.reference
            AND outcome IN ('rejected', 'failed')
        -- A few: another one may have joined an older row since.
        ORDER BY sequence DESC LIMIT 5
    ) AS newest
"""
_REFUSED_UNREAD = """
    SELECT DISTINCT ON (provider, key_id, is_key_itself)
        sequence, at, provider, key_id, is_key_itself
    FROM unnest(%(all_providers)s::text[]) AS requested (sent_to)
    CROSS JOIN LATERAL (
        SELECT sequence, greatest(received_at, last_received_at) AS at, provider,
            key_id, status IN (401, 403) AS is_key_itself
        FROM integrations_delivery
        WHERE organization_id = %(organization)s AND provider = requested.sent_to
            AND agent_reference = '' AND key_id IS NOT NULL
            AND outcome IN ('rejected', 'failed')
        ORDER BY sequence DESC LIMIT %(most)s
    ) AS newest
    ORDER BY provider, key_id, is_key_itself, at DESC, sequence DESC
"""
