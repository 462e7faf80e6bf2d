"""`/v1/agents`."""

from __future__ import annotations

from django.http import HttpResponse
from rest_framework.request import Request

from api.agents import Agent, AgentList, get_agent, list_agents
from api.bodies import read_object
from api.drf_hooks import caller_of
from api.parameters import PageParameters, Parameters, read_query
from api.resources import answer, id_in
from api.schema.operations import operation
from api.views.endpoint import Endpoint
from api.writes.agent_changes import AgentChange, change_from_body

TAG = "Agents"


class AgentsView(Endpoint):
    @operation(
        "listAgents",
        "List agents",
        tag=TAG,
        description="By creation, newest first. A page is short where its agents have "
        "long prompts.",
        conditional=True,
        asks=PageParameters,
        gives={200: (AgentList, "A page of them.")},
    )
    def get(self, request: Request) -> HttpResponse:
        parameters = read_query(PageParameters, request.query_params)
        part = list_agents(caller_of(request).organization, parameters)
        return answer(AgentList(data=part.rows, next_cursor=part.next_cursor))


class AgentView(Endpoint):
    @operation(
        "getAgent",
        "One agent",
        tag=TAG,
        description="With its system prompt.",
        has_id=True,
        conditional=True,
        gives={200: (Agent, "The agent.")},
    )
    def get(self, request: Request, id: str) -> HttpResponse:
        read_query(Parameters, request.query_params)
        organization = caller_of(request).organization
        return answer(get_agent(organization, id_in(id, "agent")))

    @operation(
        "changeAgent",
        "Change an agent",
        tag=TAG,
        description="Needs a key of the scope `full`.",
        has_id=True,
        body=AgentChange,
        gives={200: (Agent, "The agent as it is now.")},
        refuses=(413, 415, 422),
    )
    def patch(self, request: Request, id: str) -> HttpResponse:
        read_query(Parameters, request.query_params)
        caller, agent_id = caller_of(request), id_in(id, "agent")
        change_from_body(caller, agent_id, read_object(request))
        return answer(get_agent(caller.organization, agent_id))
