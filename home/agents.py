"""How the agents of an organization stand: how many forward, and which need a look."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.cache import cache

from accounts.models import Organization
from conversations.agents.status import AgentRow, AgentStatus, rows_of
from conversations.models import Agent
from home.sentence import AgentCounts

# The others are on their own page.
MAX_SHOWN = 5
# Those that were made last; nobody waits for more to be judged.
MAX_JUDGED = 1000
# Of so many agents each look judges all; of more, what was judged lately is good for all
# who read.
MAX_JUDGED_AT_EACH_LOOK = 30
KEPT_SECONDS = 20
# Change it with the shape of what is kept.
KEY = "home:agents:1:{}"


@dataclass(frozen=True, slots=True)
class AgentInNeed:
    """An agent that needs a look. look: as `templates/_state.html` has them."""

    id: UUID
    name: str
    word: str
    look: str
    last_session_at: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class AgentsNow:
    """The agents of an organization at a moment.

    in_need: those that need a look most, at most `MAX_SHOWN`.
    """

    counts: AgentCounts
    in_need: Sequence[AgentInNeed]

    @property
    def more_in_need(self) -> int:
        return self.counts.need_a_look - len(self.in_need)


def agents_now(organization: Organization, now: datetime) -> AgentsNow:
    """Return how the agents stand; of many, as it was up to `KEPT_SECONDS` ago."""
    key = KEY.format(organization.pk)
    kept = cache.get(key)
    if kept is not None:
        return _read(kept)
    agents = list(
        Agent.objects.in_organization(organization)
        .not_merged()
        .defer("description")
        .in_service_first()[: MAX_JUDGED + 1]
    )
    rows = rows_of(agents[:MAX_JUDGED], now, organization.zone)
    found = _summary(rows, is_cut=len(agents) > MAX_JUDGED)
    if len(agents) > MAX_JUDGED_AT_EACH_LOOK:
        cache.set(key, _written(found), KEPT_SECONDS)
    return found


def _summary(rows: Sequence[AgentRow], *, is_cut: bool) -> AgentsNow:
    count = Counter(row.status for row in rows)
    counts = AgentCounts(
        active=count[AgentStatus.ACTIVE],
        failed=count[AgentStatus.FAILED],
        refused=count[AgentStatus.REFUSED],
        silent=count[AgentStatus.QUIET],
        resting=count[AgentStatus.IDLE]
        + count[AgentStatus.DORMANT]
        + count[AgentStatus.NEW],
        retired=count[AgentStatus.RETIRED],
        sending=sum(row.called_since_retired for row in rows),
        is_cut=is_cut,
    )
    in_need = sorted(
        (row for row in rows if row.needs_a_look), key=lambda row: row.rank
    )
    return AgentsNow(counts, [_in_need(row) for row in in_need[:MAX_SHOWN]])


def _in_need(row: AgentRow) -> AgentInNeed:
    return AgentInNeed(
        id=row.agent.id,
        name=row.agent.display_name,
        word="Silent" if row.status is AgentStatus.QUIET else row.status.value,
        look="warn" if row.status is AgentStatus.QUIET else "bad",
        last_session_at=row.rhythm.last_session_at,
        reason=row.news.trouble.reason if row.news.trouble else "",
    )


def _written(found: AgentsNow) -> dict[str, Any]:
    """Return it as plain values: another version of this code may read them."""
    return {
        "counts": asdict(found.counts),
        "in_need": [asdict(one) for one in found.in_need],
    }


def _read(kept: dict[str, Any]) -> AgentsNow:
    return AgentsNow(
        AgentCounts(**kept["counts"]), [AgentInNeed(**one) for one in kept["in_need"]]
    )
