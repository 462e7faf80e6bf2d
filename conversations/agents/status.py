"""Agents as pages show them: their name, their status, and which need a look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import Enum

from conversations.agents.delivery_status import (
    NO_DELIVERIES,
    DeliveryStatus,
    delivery_status_of,
)
from conversations.agents.expected_counts import ExpectedCounts, expected_counts_of
from conversations.agents.judgement import Judgement, State, judge_agents
from conversations.models import Agent
from conversations.providers import label_of


class AgentStatus(Enum):
    """The status of an agent; the first ones need a look, in this order."""

    FAILED = "Failed"
    REFUSED = "Refused"
    QUIET = "Quiet"
    IDLE = "Idle"
    ACTIVE = "Active"
    DORMANT = "Dormant"
    NEW = "No sessions"
    RETIRED = "Retired"


NEED_A_LOOK = frozenset({AgentStatus.FAILED, AgentStatus.REFUSED, AgentStatus.QUIET})
_BY_STATE = {
    State.QUIET: AgentStatus.QUIET,
    State.IDLE: AgentStatus.IDLE,
    State.ACTIVE: AgentStatus.ACTIVE,
    State.DORMANT: AgentStatus.DORMANT,
    State.NEW: AgentStatus.NEW,
}


@dataclass(frozen=True, slots=True)
class AgentRow:
    """An agent with its judgement and its delivery status, as lists and pages show it.

    expected: what LiveKit told of its sessions; None where it told nothing lately.
    """

    agent: Agent
    rhythm: Judgement
    news: DeliveryStatus
    expected: ExpectedCounts | None = None

    @property
    def provider(self) -> str:
        return label_of(self.agent.provider)

    @property
    def status(self) -> AgentStatus:
        if self.agent.retired_at:
            return AgentStatus.RETIRED
        if self.news.trouble:
            return (
                AgentStatus.FAILED if self.news.trouble.failed else AgentStatus.REFUSED
            )
        if self.news.stored_at:
            # Stored and not yet processed is not silence.
            return AgentStatus.ACTIVE
        return _BY_STATE[self.rhythm.state]

    @property
    def needs_a_look(self) -> bool:
        return self.status in NEED_A_LOOK

    @property
    def called_since_retired(self) -> bool:
        retired_at, last = self.agent.retired_at, self.rhythm.last_session_at
        return bool(retired_at and last and last > retired_at)

    @property
    def rank(self) -> tuple[int, float]:
        """Return the sort key: failed, refused, silent ones; the others by last
        session, newest first.
        """
        order = list(AgentStatus)
        place = order.index(self.status) if self.needs_a_look else len(NEED_A_LOOK)
        last: datetime | None = self.rhythm.last_session_at
        return place, -(last.timestamp() if last else 0.0)


def rows_of(agents: Sequence[Agent], now: datetime, zone: tzinfo) -> list[AgentRow]:
    """Return the rows of agents of one organization, in their order, in a fixed number
    of queries.
    """
    if not agents:
        return []
    judgements = judge_agents(agents, now, zone)
    statuses = delivery_status_of(agents)
    expected = expected_counts_of(agents, now, zone)
    return [
        AgentRow(
            agent,
            judgements[agent.id],
            statuses.get(agent.id, NO_DELIVERIES),
            expected.get(agent.id),
        )
        for agent in agents
    ]
