"""Agents, what arrives of them and what is refused, for the looks at causes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import ApiKey, Organization
from alerts.models import Issue
from conversations.models import Agent, ArrivalHistory, Conversation
from integrations.models import Delivery

# Found by name here.
from tests.alerts.issues.conftest import routed  # noqa: F401
from tests.conftest import MakeKey
from tests.integrations.expected_sessions.made import (  # noqa: F401
    livekit_project,
    make_session,
)

MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def changes_go_nowhere(routed: list[Any]) -> None:  # noqa: F811
    pass


@pytest.fixture
def now() -> datetime:
    return timezone.now()


@pytest.fixture
def agent(organization: Organization) -> Agent:
    return make_agent(organization)


def make_agent(organization: Organization, name: str = "Front desk") -> Agent:
    return Agent.objects.create(
        organization=organization,
        provider="livekit",
        external_id=name.lower().replace(" ", "-"),
        name=name,
    )


@pytest.fixture
def key(organization: Organization, make_key: MakeKey) -> ApiKey:
    return make_key(organization, name="livekit-prod")[0]


_numbers = count(1)


def arrive(agent: Agent, at: datetime, key: ApiKey | None = None) -> Conversation:
    """Store a session of an agent, and what the log has of it where it came with a key."""
    external_id = f"session-{next(_numbers)}"
    conversation = Conversation.objects.create(
        organization=agent.organization,
        agent=agent,
        provider=agent.provider,
        external_id=external_id,
        created_at=at,
        applied_through=1,
    )
    if key is not None:
        deliver(agent, at, key, external_id=external_id, conversation=conversation)
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=at)
    return conversation


def deliver(agent: Agent, at: datetime, key: ApiKey | None, **fields: Any) -> Delivery:
    """Write a delivery of an agent into the log: one that was processed."""
    fields.setdefault("outcome", Delivery.Outcome.PROCESSED)
    fields.setdefault("status", 200)
    fields.setdefault("agent_reference", agent.external_id)
    fields.setdefault("external_id", f"session-{next(_numbers)}")
    return Delivery.objects.create(
        organization=agent.organization,
        provider=agent.provider,
        key=key,
        received_at=at,
        **fields,
    )


def refuse(agent: Agent, at: datetime, key: ApiKey, **fields: Any) -> Delivery:
    """Write a refused post: of a field, unless `status` says otherwise."""
    fields.setdefault("status", 422)
    fields.setdefault("outcome", Delivery.Outcome.REJECTED)
    if fields["status"] == 422:
        fault = {"path": "transcript.turns[3].role", "detail": "is not a role: Bob"}
        fields.setdefault("errors", [fault])
    else:
        # Its body is not read.
        fields.setdefault("agent_reference", "")
        fields.setdefault("external_id", "")
    return deliver(agent, at, key, **fields)


def learn(agent: Agent, *, an_hour: float = 10.0, **fields: Any) -> ArrivalHistory:
    """Have it be known what is usual of an agent: so many sessions in each hour."""
    return ArrivalHistory.objects.create(
        organization=agent.organization,
        agent=agent,
        first_hour=timezone.now() - timedelta(weeks=8),
        counts=[],
        learnt_until=timezone.now(),
        learnt_at=timezone.now(),
        rates=[an_hour] * 168,
        weeks=8.0,
        day_shape=20.0,
        level_count=100.0,
        # Low, since tests have one session where an agent would have had a hundred.
        threshold=1.0,
        overnight=1.0,
        counted_at=timezone.now(),
        look_at=fields.pop("look_at", timezone.now() - MINUTE),
        **fields,
    )


@pytest.fixture
def issues() -> Callable[[], Iterator[Issue]]:
    return lambda: iter(Issue.objects.order_by("opened_at"))
