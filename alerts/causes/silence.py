"""Agents that are silent, and organizations of which all agents are.

It opens when `conversations.agents.judgement` calls an agent silent. Where nearly all that
usually arrives in an organization does not, there is one issue for it and none for its
agents; those that it had end without a word. No issue is opened for an agent of which it
is known already that all sessions are refused or missing, for a retired one, nor until
half an hour after an organization's silence has ended for what is still silent of it.
It is over once a session of the agent arrives; that of an organization once its agents no
longer are silent together. Test sessions count for nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q

from accounts.models import Organization
from alerts.causes.evidence import Evidence
from alerts.causes.look import Look
from alerts.issues.finding import Finding
from alerts.models import Issue, IssueKind, Rule
from alerts.rules.evaluation import Rules
from conversations.agents.judgement import (
    Judgement,
    judge_agents,
    organization_quiet,
    overdue,
)
from conversations.arrivals.newest_sessions import newest_sessions
from conversations.models import Agent, ArrivalHistory

# Judged in one round: a storm of 10,000 is one round's.
MAX_JUDGED = 20_000
# What is said of an issue that is open is looked up again so often.
EVIDENCE_EVERY = timedelta(minutes=5)
# After the silence of an organization, its agents have so long to be heard again.
SETTLE = timedelta(minutes=30)
MAX_NAMES = 5
SILENT = IssueKind.AGENT_SILENT
ALL_SILENT = IssueKind.ALL_SILENT


@dataclass(slots=True)
class Silent:
    """The silent agents of an organization.

    since: when each was last heard, by its id. judged: those that were judged just now.
    open_agents: the issues of agents by their id. open_all: the one of all.
    """

    agents: dict[UUID, Agent] = field(default_factory=dict)
    since: dict[UUID, datetime] = field(default_factory=dict)
    judged: dict[UUID, Judgement] = field(default_factory=dict)
    open_agents: dict[UUID, Issue] = field(default_factory=dict)
    open_all: Issue | None = None

    @property
    def is_as_before(self) -> bool:
        """Tell whether the agents are silent of which the open issue of all speaks."""
        noted = self.open_all.facts.get("agent_ids") if self.open_all else None
        return set(noted or []) == {str(each) for each in self.since}


def find(now: datetime) -> Look:
    """Return the agents and organizations that are silent."""
    judged = {one.agent_id: one for one in overdue(now, MAX_JUDGED)}
    found = _silent(judged)
    if not found:
        return Look(())
    _leave_out_excused(found, now)
    explained = _explained(found)
    held = _held(found, now)
    findings: list[Finding] = []
    evidence = Evidence(now)
    for organization_id, one in found.items():
        rest = {
            each: since for each, since in one.since.items() if each not in explained
        }
        if _is_quiet(one, rest, now):
            findings.append(_of_all(evidence, organization_id, one, now))
            continue
        for agent_id, since in rest.items():
            if agent_id in one.open_agents or organization_id not in held:
                findings.append(_of_agent(evidence, one, agent_id, since, now))
    evidence.look()
    return Look(findings)


def _silent(judged: Mapping[UUID, Judgement]) -> dict[UUID, Silent]:
    """Return who is silent, by organization: who was judged so now, and who was and has
    not been heard since.
    """
    found: dict[UUID, Silent] = defaultdict(Silent)
    noted = set(judged)
    for issue in Issue.objects.open().filter(kind__in=[SILENT, ALL_SILENT]):
        own = found[issue.organization_id]
        if issue.kind == ALL_SILENT:
            own.open_all = issue
        elif issue.agent_id:
            own.open_agents[issue.agent_id] = issue
            noted.add(issue.agent_id)
    all_of = [each for each, one in found.items() if one.open_all]
    if not noted and not all_of:
        return found
    histories = ArrivalHistory.objects.filter(
        Q(agent__in=noted) | Q(organization__in=all_of), is_silent=True
    )
    silent_at = dict(histories.values_list("agent", "silent_at"))
    agents = Agent.objects.filter(id__in=silent_at, retired_at=None).not_merged()
    newest = newest_sessions([each for each in silent_at if each], 1)
    for agent in agents.only("organization", "name", "external_id"):
        at, last = silent_at[agent.pk], newest.get(agent.pk)
        if at and last and last[0] <= at:
            own = found[agent.organization_id]
            own.agents[agent.pk], own.since[agent.pk] = agent, last[0]
            if agent.pk in judged:
                own.judged[agent.pk] = judged[agent.pk]
    return found


def _leave_out_excused(found: Mapping[UUID, Silent], now: datetime) -> None:
    """Judge those again whose silence was expected for a part of it."""
    excusing = Rule.objects.filter(
        organization__in=list(found), silent_until__isnull=False, silent_until__lte=now
    )
    rules = Rules(excusing.select_related("organization"))
    for organization_id, one in found.items():
        until = {}
        for agent_id, since in one.since.items():
            rule = rules.rule_for(organization_id, SILENT, agent_id)
            if rule and rule.silent_until and rule.silent_until > since:
                until[agent_id] = rule.silent_until
        if until:
            zone = Organization.objects.get(pk=organization_id).zone
            agents = [one.agents[each] for each in until]
            for agent_id, judged in judge_agents(agents, now, zone, until).items():
                if not judged.is_silent:
                    del one.since[agent_id]


def _explained(found: Mapping[UUID, Silent]) -> set[UUID]:
    """Return the agents of which all sessions are known to be refused or missing."""
    issues = Issue.objects.open().filter(
        organization__in=list(found),
        kind__in=[IssueKind.SESSIONS_REFUSED, IssueKind.SESSIONS_MISSING],
    )
    explained = set()
    for facts in issues.values_list("facts", flat=True):
        if facts.get("is_all"):
            ids = facts.get("agent_ids") or [facts.get("agent_id")]
            explained |= {UUID(each) for each in ids if each}
    return explained


def _held(found: Mapping[UUID, Silent], now: datetime) -> set[UUID]:
    """Return the organizations whose agents have still time to be heard again."""
    over = Issue.objects.resolved().filter(
        organization__in=list(found), kind=ALL_SILENT, resolved_at__gt=now - SETTLE
    )
    open_ones = {each for each, one in found.items() if one.open_all}
    return set(over.values_list("organization", flat=True)) | open_ones


def _is_quiet(one: Silent, rest: Collection[UUID], now: datetime) -> bool:
    """Return whether it is the organization that is silent, for no reason that is known
    of most of its agents.
    """
    if not rest or 2 * len(rest) < len(one.since):
        return False
    # Nobody was judged anew, and nobody was heard: as before.
    if not one.judged and (one.open_all is None or one.is_as_before):
        return one.open_all is not None
    organization = Organization.objects.get(
        pk=next(iter(one.agents.values())).organization_id
    )
    agents = Agent.objects.in_organization(organization).filter(retired_at=None)
    judged = judge_agents(
        list(agents.not_merged().only("id", "organization")), now, organization.zone
    )
    return organization_quiet(judged.values(), now)


def _of_agent(
    evidence: Evidence, one: Silent, agent_id: UUID, since: datetime, now: datetime
) -> Finding:
    issue = one.open_agents.get(agent_id)
    facts: dict[str, Any] = {}
    if issue is None or now - issue.seen_at >= EVIDENCE_EVERY:
        agent, judged = one.agents[agent_id], one.judged.get(agent_id)
        facts |= issue.facts if issue else {}
        facts |= {"agent": agent.display_name, "agent_id": str(agent_id)}
        if judged and judged.usual_gap and issue is None:
            gap = judged.usual_gap.total_seconds()
            facts |= {"usual_gap": round(gap, 1), "usual_at": now.isoformat()}
        evidence.add(facts, agent.organization_id, {agent_id: since})
    return Finding(
        organization_id=one.agents[agent_id].organization_id,
        kind=SILENT,
        cause=str(agent_id),
        since=since,
        agent_id=agent_id,
        facts=facts,
    )


def _of_all(
    evidence: Evidence, organization_id: UUID, one: Silent, now: datetime
) -> Finding:
    issue, since = one.open_all, max(one.since.values())
    facts: dict[str, Any] = {}
    if issue is None or not one.is_as_before or now - issue.seen_at >= EVIDENCE_EVERY:
        names = sorted(each.display_name for each in one.agents.values())
        facts |= {
            "agents": len(one.since),
            "names": names[:MAX_NAMES],
            "agent_ids": [str(each) for each in one.since],
        }
        evidence.add(facts, organization_id, one.since)
    return Finding(
        organization_id=organization_id,
        kind=ALL_SILENT,
        cause="",
        since=since,
        count=len(one.since),
        facts=facts,
    )
