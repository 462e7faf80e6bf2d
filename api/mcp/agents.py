"""The tools `list_agents` and `get_agent`."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pydantic import Field

from accounts.models import Organization
from api.agents import Agent
from api.agents import get_agent as get
from api.agents import list_agents as list_
from api.caller import Caller
from api.mcp.bounds import LONG_TEXT, MAX_TEXT_CHARACTERS, cut_texts
from api.mcp.pages import page, page_of, with_url
from api.mcp.parts import part_that_fits
from api.mcp.server import tool
from api.parameters import Id, PageParameters, Parameters
from api.resources import as_json

AgentWithPage = with_url(Agent)


class AgentArguments(Parameters):
    agent_id: Id = Field(description="From list_agents, or a conversation's agentId.")


@tool(
    title="List agents",
    description="The organization's voice agents, the newest first, each with when its "
    "last session arrived. System prompts are cut; get_agent gives more of one.",
    takes=PageParameters,
    gives=page_of(AgentWithPage),
)
def list_agents(caller: Caller, arguments: PageParameters) -> dict[str, Any]:
    """List agents, with their system prompts cut."""
    organization = caller.organization
    part = list_(organization, arguments)
    return part_that_fits(
        part, (_shown(organization, row, LONG_TEXT) for row in part.rows)
    )


@tool(
    title="One agent",
    description="One voice agent with its system prompt. Whether its sessions arrive: "
    "get_connection_status with the same agentId.",
    takes=AgentArguments,
    gives=AgentWithPage,
    not_found="list_agents gives the ids.",
)
def get_agent(caller: Caller, arguments: AgentArguments) -> dict[str, Any]:
    """Return one agent with its system prompt."""
    agent = get(caller.organization, arguments.agent_id)
    return _shown(caller.organization, agent, MAX_TEXT_CHARACTERS)


def _shown(organization: Organization, agent: Agent, most: int) -> dict[str, Any]:
    return cut_texts(as_json(agent), most) | {
        "url": page_of_agent(organization, agent.id)
    }


def page_of_agent(organization: Organization, agent_id: UUID) -> str:
    """Return the address of an agent's page."""
    return page(organization, "conversations:agent", agent_id)
