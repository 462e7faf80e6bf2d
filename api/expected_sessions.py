"""Expected sessions as programs see them."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from accounts.models import Organization
from api.pagination import ListSlice, position_in
from api.parameters import Id, PageParameters, Text, When, as_moment, word
from api.resources import Listed, Resource, nothing
from integrations.expected_sessions.filters import Filters
from integrations.expected_sessions.forms import EVERY, LATE
from integrations.expected_sessions.pages import FilteredSessions, position_of
from integrations.models import ExpectedSession as ExpectedSessionRow
from web.paging import Position

State = Literal[
    "running",
    "awaited",
    "arrived",
    "refused",
    "missing",
    "no_session",
    "not_told",
]
STATES = [*ExpectedSessionRow.State.values, LATE]


class ExpectedSession(Resource):
    """A session of an agent that LiveKit told of, and what became of it here."""

    id: UUID = Field(
        description="Given by Zelto; never changes.",
        examples=["019ab1d2-7c1e-7d30-9a55-0c9f4b7a1e25"],
    )
    state: State = Field(
        description="`awaited`: it ended just now and may still arrive; `refused`: it was "
        "posted and refused; `missing`: nothing named it; `no_session`: nobody joined, "
        "the agent never spoke; `not_told`: events of that time are missing.",
        examples=["missing"],
    )
    reason: str | None = Field(
        description="Why, where the state does not say all.",
        examples=["Nothing arrived in 10 minutes after its end."],
    )
    came_late: bool = Field(description="It had been missing before.", examples=[False])
    agent_id: UUID | None = Field(
        description="Null where none of its sessions has arrived.",
        examples=["019ab1d2-7c1e-7d30-9a55-0c9f4b7a1e21"],
    )
    agent_name: str | None = Field(
        description="As LiveKit dispatches it.",
        examples=["front-desk"],
    )
    project_id: UUID = Field(
        description="Of the LiveKit project.",
        examples=["019ab1d2-7c1e-7d30-9a55-0c9f4b7a1e26"],
    )
    job_id: str | None = Field(
        description="LiveKit's; null where its server tells of no jobs.",
        examples=["AJ_hyrqZkWTxnEf"],
    )
    job_status: str | None = Field(
        description="`success`, `failed` or `cancelled`.",
        examples=["failed"],
    )
    job_error: str | None = Field(
        description="What LiveKit says of it.", examples=["worker disconnected"]
    )
    worker_id: str | None = Field(
        description="Where told.",
        examples=["AW_wXcBZvPx6MSo"],
    )
    room_sid: str | None = Field(description="LiveKit's.", examples=["RM_sFxPYj4GvSdc"])
    room_name: str | None = Field(description="Of the room.", examples=["support-4711"])
    has_spoken: bool = Field(
        description="Whether the agent published audio.", examples=[True]
    )
    started_at: datetime | None = Field(
        description="UTC, as all times here.", examples=["2026-11-22T12:28:32.000000Z"]
    )
    ended_at: datetime | None = Field(
        description="Null while it runs.",
        examples=["2026-11-22T12:31:44.000000Z"],
    )
    conversation_id: UUID | None = Field(
        description="Once it has arrived.", examples=[None]
    )
    refused_delivery_id: UUID | None = Field(
        description="What named it and was refused.", examples=[None]
    )
    arrived_at: datetime | None = Field(
        description="By Zelto's clock.", examples=[None]
    )


class ExpectedSessionList(Listed):
    """A page of them."""

    data: list[ExpectedSession] = Field(description="The newest first.")


class ExpectedSessionParameters(PageParameters):
    state: word(*STATES) | None = Field(  # type: ignore[valid-type]
        None,
        description="`late`: it arrived after it had been missing.",
        examples=["missing"],
    )
    agent_id: Id | None = Field(
        None,
        description="Whose it is.",
        examples=["019ab1d2-7c1e-7d30-9a55-0c9f4b7a1e21"],
    )
    reference: Text | None = Field(
        None,
        description="The job's id or the room's sid, exactly.",
        examples=["AJ_hyrqZkWTxnEf"],
    )
    ended_after: When | None = Field(
        None,
        description="Ended then or later; one that runs counts by its start.",
        examples=["2026-11-22"],
    )
    ended_before: When | None = Field(
        None,
        description="Ended before.",
        examples=["2026-11-23"],
    )


def list_expected_sessions(
    organization: Organization, parameters: ExpectedSessionParameters
) -> ListSlice[ExpectedSession]:
    """Return a part of the expected sessions, newest first.

    Raises:
        Refusal: 400, the cursor is none of this list.
    """
    filters = Filters(
        state=parameters.state or EVERY,
        agent=parameters.agent_id,
        reference=parameters.reference or "",
        since=as_moment(parameters.ended_after, organization.zone),
        until=as_moment(parameters.ended_before, organization.zone),
    )
    source = FilteredSessions(organization, filters)
    found = source.find_older(position_in(parameters.cursor), parameters.limit)
    positions: dict[UUID, Position] = {row.id: position_of(row) for row in found.rows}
    return ListSlice(
        [resource_of(row) for row in found.rows],
        position_of(found.last).cursor if found.last else None,
        lambda session: positions[session.id].cursor,
    )


def get_expected_session(
    organization: Organization, session_id: UUID
) -> ExpectedSession:
    """Return one expected session.

    Raises:
        Http404: the organization has no such session.
    """  # noqa: DOC501 - `nothing` makes an Http404
    rows = ExpectedSessionRow.objects.in_organization(organization)
    row = rows.filter(id=session_id).first()
    if row is None:
        raise nothing("expected session")
    return resource_of(row)


def resource_of(row: ExpectedSessionRow) -> ExpectedSession:
    """Return an expected session as programs see it."""
    return ExpectedSession(
        id=row.id,
        state=row.state,
        reason=row.reason or None,
        came_late=row.came_late,
        agent_id=row.agent_id,
        agent_name=row.agent_name or None,
        project_id=row.project_id,
        job_id=row.job_id or None,
        job_status=row.job_status or None,
        job_error=row.job_error or None,
        worker_id=row.worker_id or None,
        room_sid=row.room_sid or None,
        room_name=row.room_name or None,
        has_spoken=row.has_spoken,
        started_at=row.started_at,
        ended_at=row.ended_at,
        conversation_id=row.conversation_id,
        refused_delivery_id=row.refused_delivery,
        arrived_at=row.arrived_at,
    )
