"""The tools `health` and `get_connection_status`."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from pydantic import Field

from accounts.models import Organization
from api.agents import ProviderName, find_agent
from api.caller import Caller
from api.deliveries import Delivery, resource_of
from api.mcp.agents import page_of_agent
from api.mcp.deliveries import shown_delivery
from api.mcp.pages import page, with_url
from api.mcp.server import tool
from api.parameters import Id, Parameters
from api.resources import Resource
from conversations.models import Conversation
from conversations.providers import Provider, pages
from integrations.connections.agent_status import AgentState, agent_connection
from integrations.connections.provider_status import ProviderState, provider_connection
from integrations.connections.recent_failures import RecentFailures
from web.iso_time import iso_microseconds

PAGES = pages()

DeliveryWithPage = with_url(Delivery)


class Health(Resource):
    organization: str = Field(description="What the key belongs to.")
    slug: str = Field(description="Its name in addresses.")
    time_zone: str = Field(description="In which its days begin.")
    version: str = Field(description="Of Zelto.")
    key_name: str
    key_scope: Literal["full", "read"]
    url: str = Field(description="The organization's conversations in the dashboard.")


class RefusedPosts(Resource):
    """Posts that did not become a conversation since the last one that did."""

    count: int
    there_are_more: bool
    meaning: str
    action: str = Field(description="What to do about the newest one.")
    newest: DeliveryWithPage  # type: ignore[valid-type]


class ProviderStatus(Resource):
    provider: ProviderName
    state: Literal["not_connected", "waiting", "active"] = Field(
        description="`active`: a session has arrived, once and for good; `waiting`: a "
        "key that may post, no session yet; `not_connected`: neither."
    )
    last_session_at: datetime | None
    sessions_today: int = Field(description="At most 10,001.")
    has_key: bool = Field(description="Whether a key may post now.")
    stored_at: datetime | None = Field(
        description="When the newest post came that is not processed yet."
    )
    is_stuck: bool = Field(description="Whether what is stored is not processed.")
    refused: RefusedPosts | None
    url: str = Field(description="Its page, with how to connect a worker.")


class AgentStatus(Resource):
    agent_id: UUID
    name: str
    state: Literal["healthy", "silent", "failing", "retired", "new"] = Field(
        description="`silent`: nothing for longer than is usual for this agent; "
        "`failing`: its newest post was refused or could not be read."
    )
    last_session_at: datetime | None
    silent_for_seconds: float | None
    stored_at: datetime | None
    refused: RefusedPosts | None
    url: str


class ConnectionStatus(Resource):
    providers: list[ProviderStatus]
    agent: AgentStatus | None = Field(description="Where an agentId was given.")


class StatusArguments(Parameters):
    agent_id: Id | None = Field(
        None, description="Also of this agent; from list_agents."
    )


@tool(
    title="Which organization this is",
    description="The organization of the key, what the key may do, and Zelto's version. "
    "Call it first to see that the connection works.",
    takes=Parameters,
    gives=Health,
)
def health(caller: Caller, arguments: Parameters) -> dict[str, Any]:
    """Return the organization of the key, and what the key may do."""
    organization = caller.organization
    return {
        "organization": organization.name,
        "slug": organization.slug,
        "timeZone": organization.time_zone,
        "version": settings.VERSION,
        "keyName": caller.key.name,
        "keyScope": caller.key.scope,
        "url": page(organization, "conversations:list"),
    }


@tool(
    title="Whether sessions arrive",
    description=f"Whether sessions of each provider ({', '.join(PAGES)}) arrive: when the last one came, whether a key may post, what was refused "
    "since and what to do about it. With agentId also whether that agent is silent for "
    "longer than usual.",
    takes=StatusArguments,
    gives=ConnectionStatus,
    not_found="list_agents gives the ids; leave agentId out for the whole organization.",
)
def get_connection_status(caller: Caller, arguments: StatusArguments) -> dict[str, Any]:
    """Return whether sessions arrive, of each provider and of one agent."""
    organization = caller.organization
    agent = _agent(organization, arguments.agent_id) if arguments.agent_id else None
    return {
        "providers": [_provider(organization, provider) for provider in PAGES],
        "agent": agent,
    }


def _provider(organization: Organization, provider: Provider) -> dict[str, Any]:
    found = provider_connection(organization, provider)
    return {
        "provider": provider.value,
        "state": ProviderState(found.state).value,
        "lastSessionAt": _arrival(found.last_session),
        "sessionsToday": found.today,
        "hasKey": found.has_key,
        "storedAt": _text(found.stored_at),
        "isStuck": found.is_stuck,
        "refused": _refused(organization, found.refusals),
        "url": page(organization, f"integrations:{PAGES[provider].name}"),
    }


def _agent(organization: Organization, agent_id: UUID) -> dict[str, Any]:
    agent = find_agent(organization, agent_id)
    found = agent_connection(agent, timezone.now())
    silent = found.silent_for
    return {
        "agentId": str(agent.id),
        "name": agent.display_name,
        "state": AgentState(found.state).value,
        "lastSessionAt": _arrival(found.last_session),
        "silentForSeconds": silent.total_seconds() if silent else None,
        "storedAt": _text(found.stored_at),
        "refused": _refused(organization, found.refusals),
        "url": page_of_agent(organization, agent.id),
    }


def _refused(
    organization: Organization, refusals: RecentFailures | None
) -> dict[str, Any] | None:
    if refusals is None:
        return None
    return {
        "count": refusals.count,
        "thereAreMore": refusals.there_are_more,
        "meaning": refusals.advice.meaning,
        "action": refusals.advice.action,
        "newest": shown_delivery(organization, resource_of(refusals.newest)),
    }


def _arrival(conversation: Conversation | None) -> str | None:
    return _text(conversation.created_at) if conversation else None


def _text(moment: datetime | None) -> str | None:
    return iso_microseconds(moment) if moment else None
