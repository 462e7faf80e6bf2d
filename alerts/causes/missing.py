"""Sessions that LiveKit ran and that never arrived, by agent.

It opens with three in a row, or where over 5 % of an hour's sessions are missing, three at
least, with some that arrived between them. It is over once a later session arrived, once
none was missing for half an hour where only a part was, when those that were missing came
late, and 24 hours after the last one. The hour is the newest one that is settled: sessions
are given a time of grace before they count as missing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from alerts.causes import senders
from alerts.causes.gone import in_service, with_gone_agents
from alerts.causes.look import Look
from alerts.causes.losses import FORGOTTEN, MIN_LOST, Losses, is_alarming
from alerts.issues.endings import Ending
from alerts.issues.finding import Finding
from alerts.models import Issue, IssueKind
from alerts.texts.subject import moment_of

# An hour, after the usual time of grace.
RECENT = timedelta(hours=1, minutes=10)
# Of an organization; the newest of a day.
MAX_ROWS = 5_000


@dataclass(frozen=True, slots=True)
class Missing:
    """The sessions of an agent that are missing, of a day.

    agent_id: None where it is not known here; then `name` is as LiveKit dispatches it.
    last_arrived: when the newest one ended that arrived. recent, arrived: of the hour.
    is_mixed: one arrived between two missing ones of that hour.
    """

    organization_id: UUID
    agent_id: UUID | None
    name: str
    count: int
    jobs_failed: int
    first_at: datetime
    newest_at: datetime
    last_arrived: datetime | None
    in_a_row: int
    recent: int
    arrived: int
    is_mixed: bool

    @property
    def cause(self) -> str:
        return f"agent:{self.agent_id}" if self.agent_id else f"name:{self.name}"

    @property
    def losses(self) -> Losses:
        return Losses(
            in_a_row=self.in_a_row,
            newest_at=self.newest_at,
            lost=self.recent,
            taken=self.arrived,
            is_mixed=self.is_mixed,
        )


def find(now: datetime) -> Look:
    """Return the agents whose sessions are missing."""
    rows = _read(now)
    issues = Issue.objects.open().filter(kind=IssueKind.SESSIONS_MISSING)
    is_open = set(issues.values_list("organization", "cause")) if rows else set()
    names = in_service({one.agent_id for one in rows if one.agent_id})
    found = [
        one
        for one in rows
        if one.agent_id is None or one.agent_id in names
        if is_alarming(
            one.losses, now, is_open=(one.organization_id, one.cause) in is_open
        )
    ]
    agents = {one.agent_id for one in found if one.agent_id}
    hosts = senders.hosts_of(senders.references_of(agents)) if agents else {}
    return Look([_finding(one, names, hosts) for one in found])


def _read(now: datetime) -> list[Missing]:
    parameters: dict[str, Any] = {
        "day": now - FORGOTTEN,
        "hour": now - RECENT,
        "most": MAX_ROWS,
    }
    with connection.cursor() as cursor:
        cursor.execute(_MISSING, parameters)
        return [Missing(*row) for row in cursor.fetchall()]


def _finding(
    one: Missing, names: Mapping[UUID, str], hosts: Mapping[UUID, dict[str, Any]]
) -> Finding:
    losses = one.losses
    facts: dict[str, Any] = {
        "agent": names[one.agent_id] if one.agent_id else one.name,
        "newest": one.newest_at.isoformat(),
        "is_all": losses.in_a_row >= MIN_LOST and not losses.is_mixed,
        "ended": one.recent + one.arrived,
        "jobs_failed": one.jobs_failed,
    }
    if one.agent_id:
        facts |= {"agent_id": str(one.agent_id), **hosts.get(one.agent_id, {})}
    return Finding(
        organization_id=one.organization_id,
        kind=IssueKind.SESSIONS_MISSING,
        cause=one.cause,
        since=one.first_at,
        agent_id=one.agent_id,
        count=one.count,
        facts=facts,
    )


def endings(issues: Sequence[Issue], now: datetime) -> dict[UUID, Ending]:
    """Return why these are over: their agent is gone, or nothing came any more; else they
    arrive again.
    """
    found = with_gone_agents(issues)
    for issue in issues:
        newest = moment_of(issue.facts.get("newest"))
        if issue.pk not in found and newest and now - newest > FORGOTTEN:
            found[issue.pk] = Ending(because="forgotten", at=newest)
    return found


# By the lists of expected sessions: of an organization in a state, of an agent in one.
_MISSING = """
    WITH missing AS (
        SELECT watched.organization_id,
            coalesce(agent.merged_into_id, agent.id) AS agent_id,
            CASE WHEN agent.id IS NULL THEN session.agent_name ELSE '' END AS name,
            session.expected_at, session.job_status
        FROM (SELECT DISTINCT organization_id FROM integrations_livekitproject
            WHERE removed_at IS NULL) AS watched
        CROSS JOIN LATERAL (
            SELECT agent_id, agent_name, expected_at, job_status
            FROM integrations_expectedsession
            WHERE organization_id = watched.organization_id AND state = 'missing'
                AND expected_at > %(day)s
            ORDER BY expected_at DESC, id DESC LIMIT %(most)s
        ) AS session
        LEFT JOIN conversations_agent AS agent ON agent.id = session.agent_id
    ), together AS (
        SELECT organization_id, agent_id, name, count(*) AS count,
            count(*) FILTER (WHERE job_status = 'failed') AS jobs_failed,
            min(expected_at) AS first_at, max(expected_at) AS newest_at,
            count(*) FILTER (WHERE expected_at > %(hour)s) AS recent,
            coalesce(min(expected_at) FILTER (WHERE expected_at > %(hour)s),
                max(expected_at)) AS first_recent
        FROM missing GROUP BY organization_id, agent_id, name
    )
    SELECT together.organization_id, together.agent_id, together.name, count,
        jobs_failed, first_at, newest_at, last.expected_at, (
            SELECT count(*) FROM missing
            WHERE missing.organization_id = together.organization_id
                AND missing.agent_id IS NOT DISTINCT FROM together.agent_id
                AND missing.name = together.name
                AND (last.expected_at IS NULL
                    OR missing.expected_at > last.expected_at)),
        recent, (
            SELECT count(*) FROM (
                SELECT FROM integrations_expectedsession
                WHERE agent_id = together.agent_id AND state = 'arrived'
                    AND expected_at > %(hour)s LIMIT 1000) AS counted),
        EXISTS (
            SELECT FROM integrations_expectedsession
            WHERE agent_id = together.agent_id AND state = 'arrived'
                AND expected_at > first_recent AND expected_at < newest_at)
    FROM together LEFT JOIN LATERAL (
        SELECT expected_at FROM integrations_expectedsession
        WHERE agent_id = together.agent_id AND state = 'arrived'
        ORDER BY expected_at DESC, id DESC LIMIT 1
    ) AS last ON true
"""
