"""The agents of a batch of calls, by the keys with which its deliveries name them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from conversations.projection import agent_lookup
from conversations.projection.agent_lookup import AgentKey
from conversations.projection.logged_update import CallKey, LoggedUpdate


class UnknownAgent(Exception):
    """A delivery names an agent by an id that the organization does not have."""


def agents_of_batch(
    calls: Mapping[CallKey, Sequence[LoggedUpdate]],
) -> dict[AgentKey, UUID]:
    """Return the ids of the agents that the calls name, and create unknown ones.

    Raises:
        UnknownAgent: a delivery names an agent by an id that the organization does not
            have.
    """
    parts = [one for parts in calls.values() for one in parts]
    agent_ids = agent_lookup.find_or_create(
        agent_lookup.Named(one.sequence, one.agent, one.update.agent.name)
        for one in parts
        if one.agent is not None
    )
    _require_known(parts, agent_ids)
    return agent_ids


def existing_agents(past: Sequence[LoggedUpdate]) -> dict[AgentKey, UUID]:
    """Return the ids of the agents of deliveries that were stored before, so they
    exist.

    They are only read: agents are written before conversations are locked, or two
    workers could deadlock.

    Raises:
        UnknownAgent: a delivery names an agent by an id that the organization does not
            have.
    """
    agent_ids = agent_lookup.find({one.agent for one in past if one.agent is not None})
    _require_known(past, agent_ids)
    return agent_ids


def _require_known(
    parts: Sequence[LoggedUpdate], agent_ids: Mapping[AgentKey, UUID]
) -> None:
    for one in parts:
        if one.agent is not None and one.agent not in agent_ids:
            named = one.agent.id or one.agent.external_id
            raise UnknownAgent(f"The agent {named} is not an agent here any more.")
