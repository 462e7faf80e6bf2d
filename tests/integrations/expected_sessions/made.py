"""Expected sessions as the events of LiveKit and the join leave them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone

from accounts.models import Organization
from integrations.models import (
    ExpectedSession,
    ExpectedSessionTally,
    LiveKitProject,
)

MakeSession = Callable[..., ExpectedSession]


@pytest.fixture
def livekit_project(organization: Organization) -> LiveKitProject:
    return LiveKitProject.objects.create(
        organization=organization, name="production", last_event_at=timezone.now()
    )


@pytest.fixture
def make_session(livekit_project: LiveKitProject) -> MakeSession:
    """Return `make_session("missing", minutes_ago=30, ...)`, counted in its tally."""
    numbers = count(1)

    def make(
        state: str = "missing",
        *,
        minutes_ago: float = 60,
        at: datetime | None = None,
        **fields: Any,
    ) -> ExpectedSession:
        number = next(numbers)
        at = at or timezone.now() - timedelta(minutes=minutes_ago)
        fields.setdefault("project", livekit_project)
        fields.setdefault("organization", fields["project"].organization)
        fields.setdefault("job_id", f"AJ_{number:04}")
        fields.setdefault("reference", fields["job_id"] or f"PA_{number:04}")
        fields.setdefault("room_sid", f"RM_{number:04}")
        fields.setdefault("room_name", f"room-{number}")
        fields.setdefault("started_at", at - timedelta(seconds=192))
        if state != "running":
            fields.setdefault("ended_at", at)
        session = ExpectedSession.objects.create(state=state, expected_at=at, **fields)
        add_to_tally(session, 1)
        return session

    return make


def add_to_tally(session: ExpectedSession, number: int) -> None:
    """Count a session in the tally of its hour, agent and state, or take it away."""
    row, _ = ExpectedSessionTally.objects.get_or_create(
        organization_id=session.organization_id,
        hour=session.expected_at.replace(minute=0, second=0, microsecond=0),
        agent=session.agent,
        agent_name=session.agent_name,
        state=session.state,
    )
    ExpectedSessionTally.objects.filter(pk=row.pk).update(count=F("count") + number)


def turn(session: ExpectedSession, state: str, **fields: Any) -> None:
    """Change a session's state, as the join does once something has arrived."""
    add_to_tally(session, -1)
    session.state = state
    for name, value in fields.items():
        setattr(session, name, value)
    session.save()
    add_to_tally(session, 1)
