"""How silences ended: when the next session arrived, and about how many did not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from alerts.causes.gone import with_gone_agents
from alerts.issues.endings import Ending
from alerts.models import Issue, IssueKind
from conversations.agents.judge import DORMANT_AFTER
from conversations.arrivals.absences import absences_since
from conversations.arrivals.learning import usual_of
from conversations.arrivals.week_hours import expected_between
from conversations.models import ArrivalHistory


class _Silence(NamedTuple):
    """The silence of one agent, of an issue."""

    issue_id: UUID
    agent_id: UUID
    since: datetime


def endings(issues: Sequence[Issue], now: datetime) -> dict[UUID, Ending]:
    """Return why these silences are over; where nobody was heard, another issue tells of
    it.
    """
    found = with_gone_agents([one for one in issues if one.kind == "agent_silent"])
    silences = [
        _Silence(issue.pk, agent_id, issue.since)
        for issue in issues
        if issue.pk not in found
        for agent_id in _agents_of(issue)
    ]
    heard = _heard_at(silences)
    missed = _missed(silences, heard, now)
    still_silent = _still_silent([one for one in silences if one not in heard])
    of_issue: dict[UUID, list[_Silence]] = defaultdict(list)
    for one in silences:
        of_issue[one.issue_id].append(one)
    for issue in issues:
        if issue.pk in found:
            continue
        own = of_issue[issue.pk]
        times = [heard[each] for each in own if each in heard]
        if not times:
            is_silent = any(each.agent_id in still_silent for each in own)
            found[issue.pk] = _unheard(issue, now, is_silent=is_silent)
            continue
        counts = [missed[each] for each in own if each in missed]
        found[issue.pk] = Ending(
            at=min(times),
            missed=sum(count for count, _ in counts) if counts else None,
            is_told=bool(counts) and all(is_told for _, is_told in counts),
        )
    return found


def _unheard(issue: Issue, now: datetime, *, is_silent: bool) -> Ending:
    """Return why it is over though nobody was heard."""
    if is_silent:
        return Ending(because="replaced")
    is_old = now - issue.since >= DORMANT_AFTER
    return Ending(because="dormant" if is_old else "usual")


def _still_silent(silences: Sequence[_Silence]) -> set[UUID]:
    """Return the agents that are still judged to be silent."""
    if not silences:
        return set()
    rows = ArrivalHistory.objects.filter(is_silent=True)
    agents = rows.filter(agent__in=[one.agent_id for one in silences])
    return {each for each in agents.values_list("agent", flat=True) if each}


def _agents_of(issue: Issue) -> list[UUID]:
    if issue.kind == IssueKind.AGENT_SILENT:
        return [issue.agent_id] if issue.agent_id else []
    return [UUID(each) for each in issue.facts.get("agent_ids") or []]


def _heard_at(silences: Sequence[_Silence]) -> dict[_Silence, datetime]:
    """Return when the next session of each agent arrived, where one has."""
    if not silences:
        return {}
    columns: list[Any] = [
        [one.agent_id for one in silences],
        [one.since for one in silences],
    ]
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, columns)
        return {silences[place - 1]: at for place, at in cursor.fetchall()}


def _missed(
    silences: Sequence[_Silence], heard: Mapping[_Silence, datetime], now: datetime
) -> dict[_Silence, tuple[float, bool]]:
    """Return about how many sessions of each agent did not arrive, and whether LiveKit
    told of them; else as many as are usual in that time.
    """
    if not silences:
        return {}
    until = [heard.get(one, now) for one in silences]
    with connection.cursor() as cursor:
        cursor.execute(
            _LOST,
            [
                [one.agent_id for one in silences],
                [one.since for one in silences],
                until,
            ],
        )
        told = {silences[place - 1]: lost for place, lost in cursor.fetchall()}
    rows = ArrivalHistory.objects.filter(agent__in=[one.agent_id for one in silences])
    histories = {
        row.agent_id: row for row in rows.select_related("organization").defer("counts")
    }
    absences = absences_since(min(one.since for one in silences))
    found: dict[_Silence, tuple[float, bool]] = {}
    for one, end in zip(silences, until, strict=True):
        row = histories.get(one.agent_id)
        usual = usual_of(row) if row else None
        if one in told:
            found[one] = (float(told[one]), True)
        elif row and usual:
            zone = row.organization.zone
            expected = expected_between(usual.rates, one.since, end, zone, absences)
            found[one] = (expected, False)
    return found


_NEXT = """
    SELECT asked.place, next.created_at
    FROM unnest(%s::uuid[], %s::timestamptz[])
        WITH ORDINALITY AS asked (agent_id, since, place)
    CROSS JOIN LATERAL (
        SELECT created_at FROM conversations_conversation
        WHERE agent_id = asked.agent_id AND created_at > asked.since AND NOT is_test
        ORDER BY created_at, id LIMIT 1
    ) AS next
"""
# Only of agents of whose sessions LiveKit told in that time.
_LOST = """
    SELECT asked.place, count(*) FILTER (WHERE state IN ('missing', 'refused'))
    FROM unnest(%s::uuid[], %s::timestamptz[], %s::timestamptz[])
        WITH ORDINALITY AS asked (agent_id, since, until, place)
    CROSS JOIN LATERAL (
        SELECT state FROM integrations_expectedsession
        WHERE agent_id = asked.agent_id AND expected_at > asked.since
            AND expected_at <= asked.until AND state <> 'running'
        LIMIT 1000
    ) AS session
    GROUP BY asked.place
"""
