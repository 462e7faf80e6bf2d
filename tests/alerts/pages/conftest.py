"""Issues, channels and rules, for the tests of their pages."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Organization
from alerts.channels import registry
from alerts.models import Channel, Issue, IssueKind
from conversations.models import Agent

MakeIssue = Callable[..., Issue]
MakeChannel = Callable[..., Channel]


@pytest.fixture(autouse=True)
def message_wakeups(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """Return a list with one item for each time that a worker would be woken."""
    sent: list[None] = []
    monkeypatch.setattr("alerts.messages.wakeup.wake_worker", lambda: sent.append(None))
    return sent


@pytest.fixture
def agent(organization: Organization) -> Agent:
    return Agent.objects.create(
        organization=organization,
        provider="livekit",
        external_id="front-desk",
        name="Front desk",
    )


@pytest.fixture
def make_issue(organization: Organization) -> MakeIssue:
    """Return `make_issue(kind, **fields)`; of an agent with what its sentence needs."""

    def make(
        kind: IssueKind = IssueKind.AGENT_SILENT,
        agent: Agent | None = None,
        **fields: Any,
    ) -> Issue:
        now = timezone.now()
        facts = {"agent": agent.name, "agent_id": str(agent.pk)} if agent else {}
        usual = {
            "organization": organization,
            "since": now - timedelta(hours=2),
            "opened_at": now - timedelta(hours=1),
            "cause": str(agent.pk) if agent else "",
        }
        fields["facts"] = facts | fields.get("facts", {})
        return Issue.objects.create(kind=kind, agent=agent, **usual | fields)

    return make


@pytest.fixture
def make_channel(organization: Organization) -> MakeChannel:
    """Return `make_channel(kind, values, **fields)`; a mail to admins by default."""

    def make(
        kind: str = "email", values: dict[str, str] | None = None, **fields: Any
    ) -> Channel:
        fields.setdefault("name", "Admins")
        fields.setdefault("organization", organization)
        channel = Channel(kind=kind, **fields)
        checked = registry.check(kind, values or {"people": "admins"})
        registry.set_config(channel, checked)
        channel.save()
        return channel

    return make
