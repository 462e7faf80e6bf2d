"""Which agents are silent: the one judgement of lists, pages, programs and alerts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, tzinfo
from uuid import UUID

from conversations.agents.judge import DORMANT_AFTER, Judge, Judgement, State
from conversations.agents.overdue import overdue
from conversations.arrivals import silence
from conversations.arrivals.absences import absences_since
from conversations.arrivals.newest_sessions import (
    Arrivals,
    newest_sessions,
    read_arrivals,
)
from conversations.arrivals.week_hours import HOUR
from conversations.models import Agent, ArrivalHistory

__all__ = ["Judgement", "State", "judge_agents", "organization_quiet", "overdue"]

# Of so many agents at least, and of what usually arrives at this hour so large a part.
MIN_AGENTS_OF_AN_ORGANIZATION = 2
MIN_QUIET_SHARE = 0.9
MIN_EXPECTED_OF_OTHERS = 2.0


def judge_agents(
    agents: Iterable[Agent],
    now: datetime,
    zone: tzinfo,
    expected_silent_until: Mapping[UUID, datetime] | None = None,
) -> dict[UUID, Judgement]:
    """Return the judgement of each agent by its id, in a fixed number of queries.

    zone: their organization's. expected_silent_until: silences before that are none.
    """
    ids = [agent.id for agent in agents]
    arrivals = read_arrivals(ids, now)
    rows = {
        row.agent_id: row
        for row in ArrivalHistory.objects.filter(agent__in=ids).defer("counts")
    }
    late = [
        agent_id
        for agent_id, one in arrivals.items()
        if agent_id in rows and _may_be_silent(rows[agent_id], one, now)
    ]
    newest = newest_sessions(late, silence.MAX_RECENT)
    judge = Judge(now, absences_since(now - DORMANT_AFTER))
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


def organization_quiet(judgements: Collection[Judgement]) -> bool:
    """Return whether a silence is the organization's: a holiday, or one cause for all.

    judgements: of all of its agents. It is where nearly all that usually arrives at this
    hour has not, since the silence of those began that count as silent, and that is not
    only because hardly any of the others were due.
    """
    silent = [one for one in judgements if one.is_silent]
    began = [one.silent_since for one in silent if one.silent_since]
    if not began:
        return False
    due = [one for one in judgements if one.is_silent or one.expected]
    quiet = [one for one in due if one.silent_since and one.silent_since <= max(began)]
    others = sum(one.expected or 0.0 for one in quiet if not one.is_silent)
    is_proved = len(silent) > len(quiet) / 2 or others >= MIN_EXPECTED_OF_OTHERS
    return (
        len(quiet) >= MIN_AGENTS_OF_AN_ORGANIZATION
        and _rate(quiet) >= MIN_QUIET_SHARE * _rate(due)
        and is_proved
    )


def _rate(judgements: Collection[Judgement]) -> float:
    """Return sessions an hour that usually arrive now."""
    return sum(HOUR / one.usual_gap for one in judgements if one.usual_gap)
