"""Issues that change, and channels at a server of the test."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Organization
from alerts.channels.registry import check
from alerts.messages.routing import route
from alerts.messages.sending import send_due
from alerts.models import Channel, Issue, IssueChange, IssueKind, Message
from tests.alerts.receiver import Receiver

SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
KEY = "R0123456789012345678901234567890"
Step = IssueChange.Kind
MakeChannel = Callable[..., Channel]
Change = Callable[..., IssueChange]


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.ALERT_ALLOW = ["127.0.0.1/32"]
    with Receiver() as server:
        settings.ALERT_BASE_URLS = {"pagerduty": server.url}
        yield server


@pytest.fixture
def channel(organization: Organization, receiver: Receiver) -> MakeChannel:
    """Return `channel("slack")`: a channel at the receiver, at a path of its name."""

    def make(kind: str = "slack", name: str = "", **fields: Any) -> Channel:
        name = name or kind
        form = {"url": f"{receiver.url}/{name}", "secret": SECRET, "routing_key": KEY}
        checked = check(kind, form)
        owner = fields.pop("organization", organization)
        secret = json.dumps(checked.config)
        return Channel.objects.create(
            organization=owner, kind=kind, name=name, secret=secret, **fields
        )

    return make


@pytest.fixture
def issue(organization: Organization) -> Callable[..., Issue]:
    """Return `issue("a")`: an agent that is silent, not told yet."""

    def make(cause: str = "front-desk", **fields: Any) -> Issue:
        fields.setdefault("organization", organization)
        fields.setdefault("kind", IssueKind.AGENT_SILENT)
        fields.setdefault("since", timezone.now() - timedelta(minutes=12))
        fields.setdefault("facts", {"agent": cause})
        return Issue.objects.create(cause=cause, **fields)

    return make


@pytest.fixture
def change() -> Change:
    """Return `change(issue, step)`, which saves a step of its life and routes it."""

    def make(issue: Issue, step: str = Step.OPENED) -> IssueChange:
        made = save_change(issue, step)
        route([made])
        return made

    return make


def save_change(issue: Issue, step: str = Step.OPENED) -> IssueChange:
    if step == Step.RESOLVED:
        issue.resolved_at = timezone.now()
        issue.save()
    return IssueChange.objects.create(
        issue=issue,
        organization=issue.organization,
        kind=step,
        since=issue.since,
        count=issue.count,
        facts=issue.facts,
    )


def send_all() -> None:
    """Send what is due."""
    send_due(lambda: False)


def all_at_once() -> None:
    """Have what waits for another try be due."""
    Message.objects.filter(state=Message.State.WAITING).update(next_try_at=None)


def texts(receiver: Receiver, path: str = "/slack") -> list[str]:
    """Return the first lines of what a channel was told."""
    return [
        str(post.json["text"]).splitlines()[0]
        for post in receiver.posts
        if post.path == path
    ]
