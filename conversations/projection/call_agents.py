"""The agents of a batch of calls, by the keys with which its deliveries name them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from uuid import UUID

from conversations.projection import agent_lookup
from conversations.projection.agent_lookup import AgentKey
from conversations.projection.folded_call import FoldedCall
from conversations.projection.guessed_agents import delete_guesses_behind


class UnknownAgent(Exception):
    """A delivery names an agent by an id that the organization does not have."""


def agents_of_batch(calls: Collection[FoldedCall]) -> dict[AgentKey, UUID]:
    """Return the ids of the agents that new deliveries of the calls name, and create
    unknown ones. Those that were only guessed, and are nobody's, go once all is stored.

    Raises:
        UnknownAgent: a delivery names an agent by an id that the organization does not
            have.
    """
    delete_guesses_behind(calls)
    named = [one for call in calls for one in call.named]
    agent_ids = agent_lookup.find_or_create(named)
    _require_known({one.key for one in named}, agent_ids)
    return agent_ids


def existing_agents(past: FoldedCall) -> dict[AgentKey, UUID]:
    """Return the ids of the agents of deliveries that were stored before, so they
    exist.

    They are only read: agents are written before conversations are locked, or two
    workers could deadlock.

    Raises:
        UnknownAgent: a delivery names an agent by an id that the organization does not
            have.
    """
    delete_guesses_behind([past])
    agent_ids = agent_lookup.find(past.agents)
    _require_known(past.agents, agent_ids)
    return agent_ids


def _require_known(
    agents: Iterable[AgentKey], agent_ids: Mapping[AgentKey, UUID]
) -> None:
    for agent in agents:
        if agent not in agent_ids:
            named = agent.id or agent.external_id
            raise UnknownAgent(f"The agent {named} is not an agent here any more.")
