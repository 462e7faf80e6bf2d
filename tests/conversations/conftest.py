from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from accounts.models import Organization
from conversations.models import Agent, Conversation, Transcript

MakeAgent = Callable[..., Agent]
MakeConversation = Callable[..., Conversation]
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture
def make_agent(organization: Organization) -> MakeAgent:
    numbers = count(1)

    def make(**fields: Any) -> Agent:
        fields.setdefault("organization", organization)
        fields.setdefault("provider", "livekit")
        fields.setdefault("external_id", f"agent-{next(numbers)}")
        return Agent.objects.create(**fields)

    return make


@pytest.fixture
def make_conversation(make_agent: MakeAgent) -> MakeConversation:
    """`make_conversation(turns=[...], ...)`; each is a minute newer than the last."""
    numbers = count(1)
    agents: list[Agent] = []

    def make(
        turns: list[dict[str, Any]] | None = None,
        system_prompt: str = "",
        **fields: Any,
    ) -> Conversation:
        number = next(numbers)
        if "agent" not in fields:
            if not agents:
                agents.append(make_agent(name="Front desk"))
            fields["agent"] = agents[0]
        fields.setdefault("organization", fields["agent"].organization)
        fields.setdefault("provider", "livekit")
        fields.setdefault("external_id", f"RM_{number:04}")
        fields.setdefault("created_at", NOON + timedelta(minutes=number))
        fields.setdefault("updated_at", fields["created_at"])
        if turns is not None:
            fields.setdefault("turn_count", len(turns))
            fields.setdefault("has_transcript", bool(turns))
        conversation = Conversation.objects.create(**fields)
        if turns is not None or system_prompt:
            Transcript.objects.create(
                conversation=conversation, turns=turns, system_prompt=system_prompt
            )
        return conversation

    return make
