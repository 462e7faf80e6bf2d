"""The hosts of agents' workers as programs see them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from django.urls import reverse
from pydantic import Field

from accounts.links import absolute_url
from accounts.models import Organization
from api.agents import ProviderName, find_agent
from api.pagination import ListSlice, position_in
from api.parameters import Id, PageParameters
from api.resources import Listed, Resource
from integrations.agent_workers.hosts import ForwardedAgent, Host, find_hosts
from integrations.connections.agent_delivery_status import references_of


class WorkerAgent(Resource):
    """An agent that a worker forwards for."""

    id: UUID | None = Field(
        description="Null where none of its sessions is kept.",
        examples=["019ab1d2-7c1e-7d30-9a55-0c9f4b7a1e21"],
    )
    name: str = Field(description="Of the agent.", examples=["Front desk"])
    external_id: str = Field(
        description="By which the worker names it.", examples=["front-desk"]
    )
    provider: ProviderName = Field(
        description="Whose id that is.", examples=["livekit"]
    )
    last_seen_at: datetime = Field(
        description="When it forwarded a session of it.",
        examples=["2026-11-22T12:31:49.120000Z"],
    )


class Worker(Resource):
    """A host on which a worker with the package `zelto-livekit` runs."""

    host: str | None = Field(
        description="Its name; null where it does not tell.", examples=["gpu-7"]
    )
    state: Literal["forwards", "catching_up", "refused", "silent"] = Field(
        description="`catching_up`: sessions wait in its outbox; `refused`: some were "
        "refused for good; `silent`: nothing for a day, while others of its agents "
        "forward.",
        examples=["forwards"],
    )
    package: str = Field(description="Version of the package.", examples=["0.4.0"])
    sdk: str | None = Field(
        description="Version of `livekit-agents`.", examples=["1.3.6"]
    )
    python: str | None = Field(description="Version of Python.", examples=["3.12.4"])
    first_seen_at: datetime = Field(
        description="When its first session arrived, UTC.",
        examples=["2026-10-02T08:00:12.330000Z"],
    )
    last_seen_at: datetime = Field(
        description="When its newest session arrived; may lag by a minute.",
        examples=["2026-11-22T12:31:49.120000Z"],
    )
    outbox_waiting: int = Field(
        description="Sessions in its outbox by then.", examples=[0]
    )
    outbox_refused: int = Field(
        description="Sessions there that were refused for good.", examples=[0]
    )
    key_id: UUID = Field(
        description="The key that it used last.",
        examples=["019ab1d2-7c1e-7d30-9a55-0c9f4b7a1e24"],
    )
    key_name: str = Field(
        description="What the key is called.", examples=["livekit-prod-worker"]
    )
    agents: list[WorkerAgent] = Field(
        description="For whom it forwards: 20 at most, the latest first."
    )
    url: str = Field(
        description="A page of the dashboard that shows it.",
        examples=[
            "https://zelto.example.com/org/acme/agents/"
            "019ab1d2-7c1e-7d30-9a55-0c9f4b7a1e21"
        ],
    )


class WorkerList(Listed):
    """A page of workers."""

    data: list[Worker] = Field(description="The newest first, by their first session.")


class WorkerParameters(PageParameters):
    agent_id: Id | None = Field(
        None,
        description="Those of this agent.",
        examples=["019ab1d2-7c1e-7d30-9a55-0c9f4b7a1e21"],
    )


def list_workers(
    organization: Organization, parameters: WorkerParameters
) -> ListSlice[Worker]:
    """Return a part of the hosts, newest first.

    Raises:
        Http404: the organization has no such agent.
        Refusal: 400, the cursor is none of this list.
    """
    references = None
    if parameters.agent_id is not None:
        agent = find_agent(organization, parameters.agent_id)
        references = references_of([agent])[agent.id]
    than = position_in(parameters.cursor)
    found = find_hosts(organization, references, than, parameters.limit)
    workers = [_resource(organization, host) for host in found.rows]
    places = {host.newest.host or None: host.place for host in found.rows}
    return ListSlice(
        workers,
        found.last.place.cursor if found.last else None,
        lambda worker: places[worker.host].cursor,
    )


def _resource(organization: Organization, host: Host) -> Worker:
    newest = host.newest
    return Worker(
        host=newest.host or None,
        state=host.state,
        package=host.package,
        sdk=host.sdk or None,
        python=host.python or None,
        first_seen_at=host.place.created_at,
        last_seen_at=newest.last_at,
        outbox_waiting=newest.waiting,
        outbox_refused=newest.refused,
        key_id=newest.key_id,
        key_name=newest.key.name,
        agents=[_agent(one) for one in host.agents],
        url=_page(organization, host),
    )


def _agent(one: ForwardedAgent) -> WorkerAgent:
    return WorkerAgent(
        id=one.row.id if one.row else None,
        name=one.row.display_name if one.row else one.reference,
        external_id=one.reference,
        provider=one.provider,
        last_seen_at=one.last_at,
    )


def _page(organization: Organization, host: Host) -> str:
    agent = next((one.row for one in host.agents if one.row), None)
    if agent:
        path = reverse("conversations:agent", args=[organization.slug, agent.id])
    else:
        path = reverse("conversations:agents", args=[organization.slug])
    return absolute_url(path)
