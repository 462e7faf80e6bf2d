"""Projects, rooms and sessions as LiveKit's events leave them, and what arrives."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from accounts.models import Organization
from conversations.models import Agent, Conversation
from integrations.expected_sessions import join
from integrations.models import (
    Delivery,
    ExpectedSession,
    LiveKitProject,
    LiveKitRoom,
)


def make_project(organization: Organization, **fields: Any) -> LiveKitProject:
    fields.setdefault("name", f"project {uuid4()}")
    return LiveKitProject.objects.create(organization=organization, **fields)


def tell_job(
    project: LiveKitProject, reference: str, *, ended_at: datetime | None, **fields: Any
) -> ExpectedSession:
    """Write what the events of a job say: of one without an id, of its participant."""
    session, _ = ExpectedSession.objects.update_or_create(
        project=project,
        reference=reference,
        defaults={
            "organization_id": project.organization_id,
            "job_id": reference,
            "job_started_at": ended_at and ended_at - timedelta(minutes=3),
            "job_ended_at": ended_at,
            **fields,
        },
    )
    return session


def tell_room(project: LiveKitProject, sid: str, **fields: Any) -> LiveKitRoom:
    room, _ = LiveKitRoom.objects.update_or_create(
        project=project, sid=sid, defaults=fields
    )
    return room


def arrive(
    organization: Organization,
    external_id: str,
    *,
    agent_name: str = "front-desk",
    at: datetime | None = None,
    **metadata: str,
) -> Conversation:
    """Store a conversation, as the worker does behind a delivery."""
    agent, _ = Agent.objects.get_or_create(
        organization=organization, provider="livekit", external_id=agent_name
    )
    conversation, _ = Conversation.objects.get_or_create(
        organization=organization,
        provider="livekit",
        external_id=external_id,
        defaults={"agent": agent, "metadata": metadata, "has_transcript": True}
        | ({"created_at": at} if at else {}),
    )
    join.settle_arrived([conversation])
    return conversation


def refuse(organization: Organization, external_id: str, reason: str) -> Delivery:
    return Delivery.objects.create(
        organization=organization,
        provider="livekit",
        external_id=external_id,
        status=422,
        outcome=Delivery.Outcome.REJECTED,
        reason=reason,
    )


def state_of(session: ExpectedSession) -> str:
    session.refresh_from_db()
    return session.state
