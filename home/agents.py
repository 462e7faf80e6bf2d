"""How the agents of an organization stand: how many forward, and which need a look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from accounts.models import Organization
from conversations.agents.judgement import judge_agents
from conversations.models import Agent
from home.agent_states import AgentState, States, agent_states
from home.sentence import AgentCounts
from integrations.connections.recent_failures import advice_of
from integrations.models import Delivery

# The others are on their own page.
MAX_SHOWN = 5
# Of so many it is judged here whether they are silent; of others, what was found when they
# were last looked at is at most a minute old.
MAX_JUDGED = 15


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
    """Return how the agents stand."""
    states = agent_states(
        organization, now, troubled=MAX_SHOWN, maybe_silent=MAX_JUDGED
    )
    in_trouble = [one for one in states.of_interest if one.trouble]
    maybe = [one for one in states.of_interest if not one.trouble]
    silent = _silent(organization, maybe, now)
    unasked = states.silent - sum(one.was_silent for one in maybe)
    counts = _counts(states, len(silent) + unasked)
    reasons = _reasons(in_trouble)
    in_need = [_in_trouble(one, reasons) for one in in_trouble]
    in_need += [
        AgentInNeed(one.id, one.name, "Silent", "warn", one.last_session_at, "")
        for one in silent
    ]
    return AgentsNow(counts, in_need[:MAX_SHOWN])


def _silent(
    organization: Organization, maybe: Sequence[AgentState], now: datetime
) -> list[AgentState]:
    """Return those of some agents that are silent."""
    if not maybe:
        return []
    agents = Agent.objects.in_organization(organization)
    asked = agents.defer("description").in_bulk([one.id for one in maybe])
    judged = judge_agents(asked.values(), now, organization.zone)
    return [one for one in maybe if one.id in judged and judged[one.id].is_silent]


def _counts(states: States, silent: int) -> AgentCounts:
    others = states.resting + states.failed + states.refused + silent
    return AgentCounts(
        active=states.in_service - others,
        failed=states.failed,
        refused=states.refused,
        silent=silent,
        resting=states.resting,
        retired=states.retired,
        sending=states.sending,
    )


def _reasons(in_trouble: Sequence[AgentState]) -> dict[int, str]:
    """Return what is said of deliveries for which no reason was noted, by sequence."""
    asked = [one.sequence for one in in_trouble if one.sequence and not one.reason]
    if not asked:
        return {}
    rows = Delivery.objects.without_bodies().in_bulk(asked)
    return {sequence: advice_of(row).meaning for sequence, row in rows.items()}


def _in_trouble(one: AgentState, reasons: dict[int, str]) -> AgentInNeed:
    word = "Failed" if one.trouble == Delivery.Outcome.FAILED else "Refused"
    reason = one.reason or reasons.get(one.sequence or 0, "")
    return AgentInNeed(one.id, one.name, word, "bad", one.last_session_at, reason)
