"""Why agents are silent: what the log, LiveKit and their hosts say of the time since.

For any number of agents in a fixed number of queries.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from alerts.causes import senders
from alerts.causes.refusals import Refusals, Since, as_facts, refusals_since
from alerts.causes.senders import MAX_HOSTS, Reference
from conversations.arrivals.absences import absences_since
from conversations.models import Provider


@dataclass(frozen=True, slots=True)
class _Case:
    """What is asked: of these agents, silent since then; facts is filled."""

    facts: dict[str, Any]
    organization_id: UUID
    since: Mapping[UUID, datetime]


class Evidence:
    """Collects silences, and then looks for what is known of all of them at once."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.cases: list[_Case] = []

    def add(
        self,
        facts: dict[str, Any],
        organization_id: UUID,
        since: Mapping[UUID, datetime],
    ) -> None:
        """Have these facts filled by `look`. since: of each silent agent."""
        self.cases.append(_Case(facts, organization_id, since))

    def look(self) -> None:
        """Fill the facts of what was added."""
        since = {each: at for case in self.cases for each, at in case.since.items()}
        if not since:
            return
        references = senders.references_of(since)
        refusals = _refusals(since, references)
        keys = senders.keys_by_id(
            {row.key_id for some in refusals.values() for row in some}
        )
        sessions = _sessions(since)
        hosts = senders.hosts_of(references)
        absences = absences_since(min(since.values()))
        for case in self.cases:
            # One refusal of a key is one, whichever agents use it.
            own = {row for each in case.since for row in refusals.get(each, ())}
            case.facts["refusals"] = as_facts(own, keys)
            if told := [sessions[each] for each in case.since if each in sessions]:
                case.facts["sessions"] = dict(sum(told, Counter()))
            case.facts.update(_hosts_of(case, hosts))
            began = max(case.since.values())
            if later := [until for _, until in absences if began < until <= self.now]:
                case.facts["zelto_away_until"] = max(later).isoformat()


def _hosts_of(case: _Case, hosts: Mapping[UUID, dict[str, Any]]) -> dict[str, Any]:
    of_agents = [hosts[each] for each in case.since if each in hosts]
    by_name: dict[str, dict[str, Any]] = {}
    for each in of_agents:
        for host in each["hosts"]:
            known = by_name.get(host["host"])
            if known is None or known["at"] < host["at"]:
                by_name[host["host"]] = host
    if not by_name:
        return {}
    latest = sorted(by_name.values(), key=lambda host: str(host["at"]), reverse=True)
    count = max(len(by_name), max(each["host_count"] for each in of_agents))
    return {"hosts": latest[:MAX_HOSTS], "host_count": count}


def _refusals(
    since: Mapping[UUID, datetime], references: Mapping[Reference, UUID]
) -> dict[UUID, list[Refusals]]:
    """Return what was refused of each agent since it is silent: posts that name it, and
    those of its key that could not be read.
    """
    asked: list[Since] = []
    meant: list[list[UUID]] = []
    for one, agent_id in references.items():
        asked.append(Since(*one, None, since[agent_id]))
        meant.append([agent_id])
    of_keys: dict[tuple[UUID, UUID], list[UUID]] = defaultdict(list)
    for agent_id, organization_id, key_id in _keys_of(list(since)):
        of_keys[organization_id, key_id].append(agent_id)
    for (organization_id, key_id), agents in of_keys.items():
        began = min(since[each] for each in agents)
        for provider in ("", *Provider.values):
            asked.append(Since(organization_id, provider, "", key_id, began))
            meant.append(agents)
    found: dict[UUID, list[Refusals]] = defaultdict(list)
    for place, row in refusals_since(asked):
        for agent_id in meant[place]:
            found[agent_id].append(row)
    return found


def _keys_of(agents: list[UUID]) -> list[tuple[UUID, UUID, UUID]]:
    """Return (agent, organization, key) of the newest session of each agent that was
    posted with one.
    """
    with connection.cursor() as cursor:
        cursor.execute(_KEYS, [agents])
        return [(row[0], row[1], row[2]) for row in cursor.fetchall()]


def _sessions(since: Mapping[UUID, datetime]) -> dict[UUID, Counter[str]]:
    """Return what LiveKit told of each agent's sessions since; of those of which it told
    something before.
    """
    found: dict[UUID, Counter[str]] = defaultdict(Counter)
    with connection.cursor() as cursor:
        cursor.execute(_SESSIONS, [list(since), list(since.values())])
        for agent_id, state, count in cursor.fetchall():
            own = found[agent_id]
            if state is None:
                continue
            own["running" if state == "running" else "ended"] += count
            if state in {"missing", "refused"}:
                own[state] += count
    return found


_KEYS = f"""
    SELECT agent.id, session.organization_id, post.key_id
    FROM unnest(%s::uuid[]) AS agent (id)
    {senders.LAST_POST}
"""  # noqa: S608
# Bounded for each agent; a row without a state says that LiveKit told of it before.
_SESSIONS = """
    SELECT agent.id, later.state, count(*)
    FROM unnest(%s::uuid[], %s::timestamptz[]) AS agent (id, since)
    CROSS JOIN LATERAL (
        SELECT FROM integrations_expectedsession AS earlier
        JOIN integrations_livekitproject AS project
            ON project.id = earlier.project_id AND project.removed_at IS NULL
        WHERE earlier.agent_id = agent.id AND earlier.expected_at <= agent.since
        ORDER BY earlier.expected_at DESC LIMIT 1
    ) AS told
    LEFT JOIN LATERAL (
        SELECT state FROM integrations_expectedsession
        WHERE agent_id = agent.id AND expected_at > agent.since
            AND (started_at IS NULL OR started_at > agent.since)
        LIMIT 1000
    ) AS later ON true
    GROUP BY agent.id, later.state
"""
