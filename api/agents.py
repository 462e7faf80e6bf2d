"""Agents as programs see them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.db import connection
from django.db.models import OuterRef, Subquery
from pydantic import Field, WithJsonSchema

from accounts.models import Organization
from api.pagination import ListSlice, position_in
from api.parameters import PageParameters
from api.resources import Listed, Resource, nothing
from conversations.models import Agent as AgentRow
from conversations.models import Conversation, Provider
from conversations.models.agent import AgentQuerySet
from web.paging import Position, cut

# Of an answer: never checked, so that a row whose provider is no longer known is read.
ProviderName = Annotated[
    str, WithJsonSchema({"type": "string", "enum": list(Provider.values)})
]

# Of all rows of a page; the one that goes over it is the last of them.
MAX_PROMPT_BYTES = 1024 * 1024
PROMPTS = """
    SELECT conversation_id, fits, CASE WHEN fits THEN system_prompt END
    FROM (
        SELECT conversation_id, system_prompt, coalesce(
            sum(octet_length(system_prompt)) OVER (
                ORDER BY array_position(%(ids)s::uuid[], conversation_id)
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ), 0
        ) < %(bytes)s AS fits
        FROM conversations_transcript
        WHERE conversation_id = ANY(%(ids)s::uuid[])
    ) AS placed
"""


class Agent(Resource):
    """Who takes the calls."""

    id: UUID = Field(
        description="Given by Zelto; never changes.",
        examples=["019ab1d2-7c1e-7d30-9a55-0c9f4b7a1e21"],
    )
    name: str = Field(
        description="Its external id until a call or a person names it.",
        examples=["Northwind support"],
    )
    description: str = Field(
        description="What people wrote about it; empty where nobody did.",
        examples=["Answers the main line at night."],
    )
    external_id: str = Field(
        description="The sender's own id of it.", examples=["support"]
    )
    provider: ProviderName = Field(
        description="Whose id that is.", examples=["livekit"]
    )
    type: Literal["ai", "human"] = Field(
        description="Whether a program or a person takes the calls.", examples=["ai"]
    )
    system_prompt: str | None = Field(
        description="Of its newest conversation; null where that has none.",
        examples=["You answer the phone of Northwind."],
    )
    last_session_at: datetime | None = Field(
        description="When its newest conversation arrived, UTC.",
        examples=["2026-11-22T12:31:49.120000Z"],
    )
    created_at: datetime = Field(
        description="When its first session arrived, UTC.",
        examples=["2026-10-02T08:00:12.330000Z"],
    )
    updated_at: datetime = Field(
        description="When it was last changed, UTC; sessions do not change it.",
        examples=["2026-11-01T09:30:00Z"],
    )


class AgentList(Listed):
    """A page of agents."""

    data: list[Agent] = Field(description="The newest first.")


def list_agents(
    organization: Organization, parameters: PageParameters
) -> ListSlice[Agent]:
    """Return a page of agents by creation, newest first.

    It ends early where its prompts would be over `MAX_PROMPT_BYTES`.

    Raises:
        Refusal: 400, the cursor is none.
    """
    rows = _with_newest(_agents(organization)).order_by("-created_at", "-id")
    if end := position_in(parameters.cursor):
        rows = rows.filter(end.behind)
    found = list(rows[: parameters.limit + 1])
    prompts, fitting = _prompts(found)
    part = cut(found, min(parameters.limit, fitting))
    agents = [_resource(row, prompts.get(row.newest_id)) for row in part.rows]
    next_cursor = _cursor_of(agents[-1]) if part.last else None
    return ListSlice(agents, next_cursor, _cursor_of)


def get_agent(organization: Organization, agent_id: UUID) -> Agent:
    """Return an agent as programs see it.

    Raises:
        Http404: the organization has no such agent.
    """  # noqa: DOC501 - `nothing` makes an Http404
    row = _with_newest(_agents(organization)).filter(pk=agent_id).first()
    if row is None:
        raise nothing("agent")
    prompts, _ = _prompts([row])
    return _resource(row, prompts.get(row.newest_id))


def find_agent(organization: Organization, agent_id: UUID) -> AgentRow:
    """Return the row of an agent, to be changed.

    Raises:
        Http404: the organization has no such agent.
    """  # noqa: DOC501 - `nothing` makes an Http404
    row = _agents(organization).filter(pk=agent_id).first()
    if row is None:
        raise nothing("agent")
    return row


def _agents(organization: Organization) -> AgentQuerySet:
    return AgentRow.objects.in_organization(organization).not_merged()


def _with_newest(agents: AgentQuerySet) -> Any:
    """Return the agents with the id and the arrival of their newest conversation."""
    newest = Conversation.objects.filter(agent=OuterRef("pk")).newest_first()
    return agents.annotate(
        newest_id=Subquery(newest.values("id")[:1]),
        last_session_at=Subquery(newest.values("created_at")[:1]),
    )


def _prompts(rows: Sequence[Any]) -> tuple[dict[UUID, str], int]:
    """Return the system prompts of their newest conversations, as far as they leave
    room for each other, and of how many of the first rows they are."""
    ids = [row.newest_id for row in rows if row.newest_id]
    with connection.cursor() as cursor:
        cursor.execute(PROMPTS, {"ids": ids, "bytes": MAX_PROMPT_BYTES})
        found = cursor.fetchall()
    prompts = {id_: prompt for id_, fits, prompt in found if fits}
    left = {id_ for id_, fits, _ in found if not fits}
    fitting = (n for n, row in enumerate(rows) if row.newest_id in left)
    return prompts, next(fitting, len(rows))


def _resource(row: Any, system_prompt: str | None) -> Agent:
    return Agent(
        id=row.id,
        name=row.display_name,
        description=row.description,
        external_id=row.external_id,
        provider=row.provider,
        type=row.type,
        system_prompt=system_prompt or None,
        last_session_at=row.last_session_at,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def _cursor_of(agent: Agent) -> str:
    return Position.of(agent).cursor
