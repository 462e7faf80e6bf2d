"""Who sends: agents by the names that deliveries have for them, keys, hosts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from accounts.models import ApiKey
from conversations.models import Agent

MAX_HOSTS = 5


class Reference(NamedTuple):
    """An agent of an organization as a delivery names it."""

    organization_id: UUID
    provider: str
    text: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What of an agent was taken.

    last_at: when its newest session arrived. recent: how many since the moment that was
    asked for, at most 1,000. is_between: one arrived between the two moments asked for.
    """

    last_at: datetime | None
    recent: int
    is_between: bool


def agents_named(references: Collection[Reference]) -> dict[Reference, UUID]:
    """Return the agents of these names, of a merged one that which it became."""
    if not references:
        return {}
    flat = list(references)
    parameters: dict[str, Any] = {
        "organizations": [one.organization_id for one in flat],
        "providers": [one.provider for one in flat],
        "texts": [one.text for one in flat],
        "ids": [_uuid(one.text) for one in flat],
    }
    with connection.cursor() as cursor:
        cursor.execute(_NAMED, parameters)
        return {flat[place - 1]: agent_id for place, agent_id in cursor.fetchall()}


def references_of(agent_ids: Collection[UUID]) -> dict[Reference, UUID]:
    """Return the names of these agents by which deliveries name them, with those of
    agents that were merged into them.
    """
    with connection.cursor() as cursor:
        cursor.execute(_REFERENCES, {"agents": list(agent_ids)})
        return {Reference(*row[1:]): row[0] for row in cursor.fetchall()}


def taken_of(
    agents: Sequence[tuple[UUID, datetime, datetime, datetime]],
) -> dict[UUID, Taken]:
    """Return what was taken of each agent.

    agents: its id; since when to count; and the two moments between which one may be.
    """
    if not agents:
        return {}
    ids, since, after, before = (list(each) for each in zip(*agents, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(
            _TAKEN, {"agents": ids, "since": since, "after": after, "before": before}
        )
        return {row[0]: Taken(*row[1:]) for row in cursor.fetchall()}


def last_sessions(agent_ids: Collection[UUID]) -> dict[UUID, datetime]:
    """Return when the newest session of each agent arrived, of those that have one."""
    if not agent_ids:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_LAST, [list(agent_ids)])
        return dict(cursor.fetchall())


def hosts_of(references: dict[Reference, UUID]) -> dict[UUID, dict[str, Any]]:
    """Return the hosts that forward for each agent, the latest first, as facts have them:
    `hosts`, at most `MAX_HOSTS`, and `host_count`.
    """
    if not references:
        return {}
    flat = list(references)
    with connection.cursor() as cursor:
        cursor.execute(
            _HOSTS,
            {
                "organizations": [one.organization_id for one in flat],
                "providers": [one.provider for one in flat],
                "texts": [one.text for one in flat],
                "agents": [references[one] for one in flat],
            },
        )
        rows = cursor.fetchall()
    found: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    for agent_id, host, at, waiting in rows:
        found[agent_id].append({"host": host, "at": at.isoformat(), "waiting": waiting})
    return {
        agent_id: {"hosts": hosts[:MAX_HOSTS], "host_count": len(hosts)}
        for agent_id, hosts in found.items()
    }


def agents_of_keys(keys: Collection[UUID]) -> dict[UUID, list[UUID]]:
    """Return the agents whose sessions came with these keys, where that can be known: by
    what the package for workers says, else by the newest session of each agent.
    """
    found: dict[UUID, list[UUID]] = defaultdict(list)
    if not keys:
        return found
    for statement in (_AGENTS_OF_KEYS, _AGENTS_BY_LAST_POST):
        asked = [key for key in keys if key not in found]
        if not asked:
            break
        with connection.cursor() as cursor:
            cursor.execute(statement, {"keys": asked})
            for key_id, agent_id in cursor.fetchall():
                found[key_id].append(agent_id)
    return found


def agents_by_id(ids: Iterable[UUID]) -> dict[UUID, Agent]:
    """Return these agents, without their descriptions."""
    return Agent.objects.defer("description").in_bulk(list(ids))


def keys_by_id(ids: Iterable[UUID]) -> dict[UUID, ApiKey]:
    """Return these keys, with who revoked them."""
    return ApiKey.objects.select_related("revoked_by").in_bulk(list(ids))


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


_NAMED = """
    WITH requested AS (
        SELECT * FROM unnest(%(organizations)s::uuid[], %(providers)s::text[],
            %(texts)s::text[], %(ids)s::uuid[])
            WITH ORDINALITY AS requested (organization_id, provider, text, id, place)
    )
    SELECT place, coalesce(agent.merged_into_id, agent.id)
    FROM requested JOIN conversations_agent AS agent
        ON agent.organization_id = requested.organization_id
        AND agent.provider = requested.provider AND agent.external_id = requested.text
    UNION
    SELECT place, coalesce(agent.merged_into_id, agent.id)
    FROM requested JOIN conversations_agent AS agent ON agent.id = requested.id
        AND agent.organization_id = requested.organization_id
"""
_REFERENCES = """
    SELECT coalesce(merged_into_id, id), organization_id, provider, external_id
    FROM conversations_agent WHERE id = ANY(%(agents)s)
    UNION ALL
    SELECT merged_into_id, organization_id, provider, external_id
    FROM conversations_agent WHERE merged_into_id = ANY(%(agents)s)
    UNION ALL
    SELECT id, organization_id, provider, id::text
    FROM conversations_agent WHERE id = ANY(%(agents)s)
"""
# By the index of an agent's conversations alone, each bounded.
_TAKEN = """
    SELECT agent.id, newest.created_at, (
        SELECT count(*) FROM (
            SELECT FROM conversations_conversation
            WHERE agent_id = agent.id AND created_at > agent.since LIMIT 1000) AS counted
    ), EXISTS (
        SELECT FROM conversations_conversation WHERE agent_id = agent.id
            AND created_at > agent.after AND created_at < agent.before)
    FROM unnest(%(agents)s::uuid[], %(since)s::timestamptz[],
        %(after)s::timestamptz[], %(before)s::timestamptz[])
        AS agent (id, since, after, before)
    LEFT JOIN LATERAL (
        SELECT created_at FROM conversations_conversation WHERE agent_id = agent.id
        ORDER BY created_at DESC, id DESC LIMIT 1
    ) AS newest ON true
"""
_LAST = """
    SELECT agent.id, newest.created_at FROM unnest(%s::uuid[]) AS agent (id)
    CROSS JOIN LATERAL (
        SELECT created_at FROM conversations_conversation
        WHERE agent_id = agent.id
        ORDER BY created_at DESC, id DESC LIMIT 1
    ) AS newest
"""
_HOSTS = """
    SELECT agent_id, host, max(last_at), (array_agg(waiting ORDER BY last_at DESC))[1]
    FROM unnest(%(organizations)s::uuid[], %(providers)s::text[], %(texts)s::text[],
        %(agents)s::uuid[]) AS requested (organization_id, provider, text, agent_id)
    JOIN integrations_agentworker AS worker
        ON worker.organization_id = requested.organization_id
        AND worker.provider = requested.provider
        AND worker.agent_reference = requested.text
    GROUP BY agent_id, host ORDER BY agent_id, max(last_at) DESC
"""
_AGENTS_OF_KEYS = """
    SELECT DISTINCT key_id, coalesce(agent.merged_into_id, agent.id)
    FROM integrations_agentworker AS worker JOIN conversations_agent AS agent
        ON agent.organization_id = worker.organization_id
        AND agent.provider = worker.provider
        AND agent.external_id = worker.agent_reference
    WHERE key_id = ANY(%(keys)s)
"""
# Of each `agent` its newest session, and the post that made it.
LAST_POST = """
    CROSS JOIN LATERAL (
        SELECT organization_id, provider, external_id FROM conversations_conversation
        WHERE agent_id = agent.id ORDER BY created_at DESC, id DESC LIMIT 1
    ) AS session
    CROSS JOIN LATERAL (
        SELECT key_id FROM integrations_delivery AS delivery
        WHERE delivery.organization_id = session.organization_id
            AND delivery.provider = session.provider
            AND delivery.external_id = session.external_id
            AND outcome = 'processed' AND key_id IS NOT NULL
        ORDER BY sequence DESC LIMIT 1
    ) AS post
"""
# Of each agent of their organizations the key of the newest session that was posted.
_AGENTS_BY_LAST_POST = f"""
    SELECT post.key_id, agent.id
    FROM conversations_agent AS agent
    {LAST_POST}
    WHERE agent.merged_into_id IS NULL AND agent.organization_id IN (
        SELECT organization_id FROM accounts_apikey WHERE id = ANY(%(keys)s))
        AND post.key_id = ANY(%(keys)s)
"""  # noqa: S608
