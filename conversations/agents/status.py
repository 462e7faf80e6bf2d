"""Agents as pages show them: what they are called, how they do, who needs a look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import Enum

from conversations.agents.arrival_rates import Rhythm, State, rhythms
from conversations.agents.delivery_status import NO_NEWS, AgentNews, news_of
from conversations.models import Agent, Provider


class Standing(Enum):
    FAILED = "Failed"
    REFUSED = "Refused"
    QUIET = "Quiet"
    IDLE = "Idle"
    ACTIVE = "Active"
    DORMANT = "Dormant"
    NEW = "No sessions"
    RETIRED = "Retired"


NEED_A_LOOK = frozenset({Standing.FAILED, Standing.REFUSED, Standing.QUIET})
_BY_RHYTHM = {
    State.QUIET: Standing.QUIET,
    State.IDLE: Standing.IDLE,
    State.ACTIVE: Standing.ACTIVE,
    State.DORMANT: Standing.DORMANT,
    State.NEW: Standing.NEW,
}


@dataclass(frozen=True, slots=True)
class AgentRow:
    agent: Agent
    rhythm: Rhythm
    news: AgentNews

    @property
    def provider(self) -> str:
        return dict(Provider.choices).get(self.agent.provider, self.agent.provider)

    @property
    def standing(self) -> Standing:
        if self.agent.retired_at:
            return Standing.RETIRED
        if self.news.trouble:
            return Standing.FAILED if self.news.trouble.failed else Standing.REFUSED
        if self.news.stored_at:
            # Stored and not yet processed is not silence.
            return Standing.ACTIVE
        return _BY_RHYTHM[self.rhythm.state]

    @property
    def needs_a_look(self) -> bool:
        return self.standing in NEED_A_LOOK

    @property
    def called_since_retired(self) -> bool:
        retired_at, last = self.agent.retired_at, self.rhythm.last_session_at
        return bool(retired_at and last and last > retired_at)

    @property
    def rank(self) -> tuple[int, float]:
        """What failed, what was refused, who is silent; the others by last session,
        newest first."""
        order = list(Standing)
        place = order.index(self.standing) if self.needs_a_look else len(NEED_A_LOOK)
        last: datetime | None = self.rhythm.last_session_at
        return place, -(last.timestamp() if last else 0.0)


def rows_of(agents: Sequence[Agent], now: datetime, zone: tzinfo) -> list[AgentRow]:
    """Of agents of one organization, in a fixed number of queries, as they come."""
    if not agents:
        return []
    found = rhythms(agents, now, zone)
    news = news_of(agents)
    return [
        AgentRow(agent, found[agent.id], news.get(agent.id, NO_NEWS))
        for agent in agents
    ]
