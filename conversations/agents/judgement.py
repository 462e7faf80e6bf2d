"""Which agents are silent: the one judgement of lists, pages, programs and alerts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, tzinfo
from uuid import UUID

from django.db.models import Q

from conversations.agents.judge import DORMANT_AFTER, Judge
from conversations.agents.organization_silence import organization_quiet
from conversations.agents.overdue import overdue
from conversations.agents.states import Judgement, State
from conversations.arrivals import silence
from conversations.arrivals.absences import absences_since
from conversations.arrivals.newest_sessions import (
    Arrivals,
    newest_sessions,
    read_arrivals,
)
from conversations.models import Agent, ArrivalHistory

__all__ = ["Judgement", "State", "judge_agents", "organization_quiet", "overdue"]


def judge_agents(
    agents: Iterable[Agent],
    now: datetime,
    zone: tzinfo,
    expected_silent_until: Mapping[UUID, datetime] | None = None,
) -> dict[UUID, Judgement]:
    """Return the judgement of each agent by its id, in a fixed number of queries.

    zone: their organization's. expected_silent_until: silences before that are none.
    """
    agents = list(agents)
    ids = [agent.id for agent in agents]
    arrivals = read_arrivals(ids, now)
    organizations = {agent.organization_id for agent in agents}
    sums = Q(agent=None, organization__in=organizations)
    found = ArrivalHistory.objects.filter(Q(agent__in=ids) | sums).defer("counts")
    rows = {row.agent_id: row for row in found if row.agent_id}
    closed = {row.organization_id: row.closed_days for row in found if not row.agent_id}
    late = [
        agent_id
        for agent_id, one in arrivals.items()
        if agent_id in rows and _may_be_silent(rows[agent_id], one, now)
    ]
    newest = newest_sessions(late, silence.MAX_RECENT)
    judge = Judge(now, absences_since(now - DORMANT_AFTER), closed)
    excused = expected_silent_until or {}
    return {
        agent_id: judge.judgement(
            agent_id,
            arrivals.get(agent_id),
            rows.get(agent_id),
            newest.get(agent_id, []),
            zone,
            excused.get(agent_id),
        )
        for agent_id in ids
    }


def _may_be_silent(row: ArrivalHistory, arrivals: Arrivals, now: datetime) -> bool:
    if arrivals.last_session is None or not row.rates:
        return False
    gap = now - arrivals.last_session
    looked = row.look_at is not None and row.look_at > now and not row.is_silent
    return silence.MIN_SILENCE <= gap < DORMANT_AFTER and not looked
