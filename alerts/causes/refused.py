"""Sessions that are refused: of an agent where posts name it, of a key where the key is
what is refused.

It opens with three refusals in a row, or where over 5 % of an hour's sessions are refused,
three at least, with some taken between them. It is over once a later session of the agent
is taken (of several hosts: and none was refused for ten minutes), once none was refused for
half an hour where only a part was, and after 24 hours without a refusal. Answers after
which senders try again by themselves (408, 429, 503) are no refusals.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from accounts.models import ApiKey
from alerts.causes import senders
from alerts.causes.gone import in_service, with_gone_agents
from alerts.causes.look import Look
from alerts.causes.losses import FORGOTTEN, Losses, is_alarming
from alerts.causes.refusals import (
    RECENT,
    Refusals,
    Since,
    as_facts,
    recent_refusals,
    refusals_since,
)
from alerts.causes.senders import Reference, Taken
from alerts.issues.endings import Ending
from alerts.issues.finding import Finding
from alerts.models import Issue, IssueKind
from alerts.texts.subject import moment_of

# Of several hosts one may still be refused while others are taken.
HOSTS_AGREE = timedelta(minutes=10)
MAX_AGENTS = 500
Place = tuple[UUID, str]


@dataclass(slots=True)
class Sender:
    """Whose posts are refused.

    key_id: where the key is what is refused. agents: whose sessions they are, as far as
    known. recent: of the last hour. issue: the open one.
    """

    organization_id: UUID
    key_id: UUID | None
    agents: list[UUID] = field(default_factory=list)
    recent: list[Refusals] = field(default_factory=list)
    issue: Issue | None = None

    @property
    def newest_at(self) -> datetime:
        times = [one.last_at for one in self.recent]
        noted = moment_of(self.issue.facts.get("newest")) if self.issue else None
        return max([*times, *([noted] if noted else [])])

    @property
    def first_at(self) -> datetime:
        return min((one.first_at for one in self.recent), default=self.newest_at)


def find(now: datetime) -> Look:
    """Return the senders whose sessions are refused."""
    issues = Issue.objects.open().filter(kind=IssueKind.SESSIONS_REFUSED)
    found = _senders(recent_refusals(now), list(issues))
    if not found:
        return Look(())
    agents = in_service({one for each in found.values() for one in each.agents})
    keys = senders.keys_by_id(
        {row.key_id for each in found.values() for row in each.recent}
        | {each.key_id for each in found.values() if each.key_id}
    )
    return Look(_Judging(now, found, agents, keys).findings())


def _senders(
    recent: Sequence[Refusals], issues: Sequence[Issue]
) -> dict[Place, Sender]:
    """Return who was refused lately, or was when its issue was opened."""
    named = senders.agents_named(
        {_reference(one) for one in recent if one.reference and not one.is_of_key}
    )
    of_keys = senders.agents_of_keys(
        {one.key_id for one in recent if _reference(one) not in named}
    )
    found: dict[Place, Sender] = {}
    for one in recent:
        agent_id = named.get(_reference(one))
        known = of_keys.get(one.key_id, [])
        if agent_id is None and not one.is_of_key and not one.reference:
            agent_id = known[0] if len(known) == 1 else None
        key_id = None if agent_id else one.key_id
        place = (
            one.organization_id,
            f"agent:{agent_id}" if agent_id else f"key:{key_id}",
        )
        new = Sender(
            one.organization_id, key_id, [agent_id] if agent_id else list(known)
        )
        found.setdefault(place, new).recent.append(one)
    for issue in issues:
        place = (issue.organization_id, issue.cause)
        noted = [UUID(each) for each in issue.facts.get("agent_ids") or []]
        if place not in found and issue.facts.get("newest"):
            key_id = UUID(issue.cause[4:]) if issue.cause.startswith("key:") else None
            found[place] = Sender(issue.organization_id, key_id, noted)
        if place in found:
            found[place].issue = issue
            # Also those that use another key by now.
            found[place].agents = list(dict.fromkeys([*noted, *found[place].agents]))
    return found


def _reference(one: Refusals) -> Reference:
    return Reference(one.organization_id, one.provider, one.reference)


class _Judging:
    """Judges senders at one moment, in a fixed number of queries."""

    def __init__(
        self,
        now: datetime,
        found: Mapping[Place, Sender],
        agents: Mapping[UUID, str],
        keys: Mapping[UUID, ApiKey],
    ) -> None:
        self.now = now
        self.agents = agents
        self.keys = dict(keys)
        # A retired agent is nobody's worry, nor is a key that only such ones use.
        self.found = {
            place: one
            for place, one in found.items()
            if not one.agents or any(each in agents for each in one.agents)
        }
        self.taken = senders.taken_of(
            [
                (agent_id, now - RECENT, one.first_at, one.newest_at)
                for one in self.found.values()
                for agent_id in one.agents[:MAX_AGENTS]
                if agent_id in agents
            ]
        )
        references = senders.references_of(self.taken)
        self.hosts = senders.hosts_of(references)
        self.in_a_row, self.all = self._counted()

    def findings(self) -> list[Finding]:
        """Return those that are worth an alert."""
        findings = []
        for place, one in self.found.items():
            losses = self._losses(place, one)
            is_open = one.issue is not None
            over = self._is_over(one) if one.key_id else False
            if not over and is_alarming(losses, self.now, is_open=is_open):
                findings.append(self._finding(place, one, losses))
        return findings

    def _taken_of(self, one: Sender) -> list[Taken]:
        return [self.taken[each] for each in one.agents if each in self.taken]

    def _last_taken(self, one: Sender) -> datetime:
        """Return when a session was last taken: of a key by its own use."""
        times = [each.last_at for each in self._taken_of(one) if each.last_at]
        if one.key_id:
            key = self.keys.get(one.key_id)
            times = [key.last_used_at] if key and key.last_used_at else []
        return max([*times, self.now - FORGOTTEN])

    def _is_over(self, one: Sender) -> bool:
        """Tell whether all that used a refused key are taken by now, with another one."""
        taken = self._taken_of(one)
        moved = [
            each for each in taken if each.last_at and each.last_at > one.newest_at
        ]
        if not taken or len(moved) < len(taken):
            return False
        hosts = [self.hosts.get(each, {}).get("host_count", 0) for each in one.agents]
        return max(hosts, default=0) <= 1 or self.now - one.newest_at > HOSTS_AGREE

    def _counted(self) -> tuple[dict[Place, int], dict[Place, list[Refusals]]]:
        """Return of each sender how many were refused in a row, and all refusals of its
        issue.
        """
        asked: list[Since] = []
        meant: list[tuple[Place, bool]] = []
        for place, one in self.found.items():
            last = self._last_taken(one)
            began = one.issue.since if one.issue else min(last, one.first_at)
            names = {(row.provider, row.reference, row.key_id) for row in one.recent}
            for provider, reference, key_id in sorted(names, key=str):
                for is_all in (False, True):
                    # A row that was counted at `since` is meant too.
                    since = began - timedelta(seconds=1) if is_all else last
                    asked.append(
                        Since(one.organization_id, provider, reference, key_id, since)
                    )
                    meant.append((place, is_all))
        in_a_row: dict[Place, int] = defaultdict(int)
        every: dict[Place, list[Refusals]] = defaultdict(list)
        for number, row in refusals_since(asked):
            place, is_all = meant[number]
            if is_all:
                every[place].append(row)
            else:
                in_a_row[place] += row.count
        return in_a_row, every

    def _losses(self, place: Place, one: Sender) -> Losses:
        taken = self._taken_of(one)
        is_agent = one.key_id is None
        in_a_row = self.in_a_row[place]
        if not one.recent and self._last_taken(one) < one.newest_at:
            in_a_row = 1  # the newest of before; nothing was taken since
        return Losses(
            in_a_row=in_a_row,
            newest_at=one.newest_at,
            lost=sum(row.count for row in one.recent),
            taken=sum(each.recent for each in taken) if is_agent else 0,
            is_mixed=is_agent and any(each.is_between for each in taken),
        )

    def _finding(self, place: Place, one: Sender, losses: Losses) -> Finding:
        every = self.all[place]
        known = [each for each in one.agents if each in self.agents]
        since = min((row.first_at for row in every), default=one.first_at)
        before = one.issue.count if one.issue else 0
        return Finding(
            organization_id=one.organization_id,
            kind=IssueKind.SESSIONS_REFUSED,
            cause=place[1],
            since=since,
            agent_id=known[0] if len(known) == 1 else None,
            key_id=one.key_id if one.key_id in self.keys else None,
            count=max(sum(row.count for row in every), before),
            facts=self._facts(one, losses, every, known) if one.recent else {},
        )

    def _facts(
        self,
        one: Sender,
        losses: Losses,
        every: Sequence[Refusals],
        known: Sequence[UUID],
    ) -> dict[str, Any]:
        facts: dict[str, Any] = {
            "agent_ids": [str(each) for each in known[:MAX_AGENTS]],
            "newest": one.newest_at.isoformat(),
            "is_all": losses.is_all,
            "refusals": as_facts(every or one.recent, self.keys),
        }
        if key := self.keys.get(one.key_id) if one.key_id else None:
            facts["key"] = key.name
        if len(known) == 1:
            facts |= {"agent": self.agents[known[0]], "agent_id": str(known[0])}
            facts |= self.hosts.get(known[0], {})
        if losses.is_mixed:
            facts |= {"share": round(losses.share, 3), "taken": losses.taken}
        return facts


def endings(issues: Sequence[Issue], now: datetime) -> dict[UUID, Ending]:
    """Return why these are over: their agent is gone, nothing came any more, or a later
    session was taken.
    """
    found = with_gone_agents(issues)
    noted = {issue.pk: _agents_of(issue) for issue in issues if issue.pk not in found}
    last = senders.last_sessions({each for some in noted.values() for each in some})
    for issue in issues:
        newest = moment_of(issue.facts.get("newest"))
        if issue.pk in found or newest is None:
            continue
        times = [last[each] for each in noted[issue.pk] if each in last]
        later = [at for at in times if at > newest]
        if later:
            found[issue.pk] = Ending(at=min(later))
        elif now - newest > FORGOTTEN:
            found[issue.pk] = Ending(because="forgotten", at=newest)
    return found


def _agents_of(issue: Issue) -> list[UUID]:
    return [UUID(each) for each in issue.facts.get("agent_ids") or []]
