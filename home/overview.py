"""All that the page says, read once; and what changes when it does."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from accounts.models import Membership, Organization
from conversations.agents.week_picture import day_so_far
from conversations.models import Conversation
from home import calls
from home.agents import AgentsNow, agents_now
from home.calls import WrongCalls, newest_calls, wrong_calls
from home.issues import OpenIssues, open_issues
from home.sentence import Answer, Situation, answer
from home.sessions import SessionsNow, sessions_now
from home.today import Chart, chart_of
from integrations.operations import heartbeat


@dataclass(frozen=True, slots=True)
class Overview:
    """What the page of an organization shows, apart from its slowest answers.

    since: how far back calls that went wrong are looked for.
    """

    answer: Answer
    issues: OpenIssues
    today: Chart
    sessions: SessionsNow
    agents: AgentsNow
    wrong: WrongCalls
    newest: list[Conversation]
    since: datetime

    @property
    def version(self) -> str:
        """Return a digest that changes when what the page says does, apart from how long
        ago that was.
        """
        sessions, wrong = self.sessions, self.wrong
        counts = (
            *(sessions.missing_today, sessions.missing, sessions.running),
            *(sessions.refused_today, sessions.refused, sessions.is_told),
        )
        parts = [
            str(self.answer),
            self.today.version,
            str(counts),
            str(
                [(row.session.id, row.so_far, row.agent_name) for row in sessions.live]
            ),
            str(self.agents.in_need),
            str((wrong.count, wrong.changed_at)),
            *(issue.version for issue in self.issues.shown),
            *(
                f"{one.id} {one.updated_at} {one.has_audio} {one.agent.updated_at}"
                for one in self.newest
            ),
        ]
        return hashlib.blake2b("\n".join(parts).encode(), digest_size=8).hexdigest()


def overview_of(membership: Membership, now: datetime) -> Overview:
    """Return what the page says to a person at this moment, in a fixed number of queries."""
    organization = membership.organization
    issues = open_issues(membership, now)
    agents = agents_now(organization, now)
    sessions = sessions_now(organization, now)
    since = now - timedelta(days=calls.LOOKED_THROUGH_DAYS)
    situation = Situation(
        agents=agents.counts,
        missing=sessions.missing_today.number,
        refused=sessions.refused_today.number,
        is_told=sessions.is_told,
        open_issues=issues.count,
        more_issues=issues.are_more,
        worker_away_since=worker_away_since(now, organization.zone),
    )
    return Overview(
        answer=answer(situation),
        issues=issues,
        today=_today(organization, now),
        sessions=sessions,
        agents=agents,
        wrong=wrong_calls(organization, since),
        newest=newest_calls(organization),
        since=since,
    )


def _today(organization: Organization, now: datetime) -> Chart:
    zone = organization.zone
    return chart_of(day_so_far(organization, now, zone), now, zone)


def worker_away_since(now: datetime, zone: tzinfo) -> str:
    """Return since when no worker was seen, on the clock of a zone; `never` where none
    ever was; empty where one runs.
    """
    seen_at = heartbeat.seen_at()
    if seen_at is None:
        return "never"
    if (now - seen_at).total_seconds() <= heartbeat.SEEN_LATELY_SECONDS:
        return ""
    local, today = seen_at.astimezone(zone), now.astimezone(zone).date()
    if local.date() == today:
        return f"{local:%H:%M}"
    return f"{local.day} {local:%b, %H:%M}"
