"""Forgetting messages."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from alerts.messages import retention
from alerts.messages.history import first_id
from alerts.models import Attempt, Channel, Issue, Message
from tests.alerts.messages.conftest import MakeChannel

pytestmark = pytest.mark.django_db
MakeIssue = Callable[..., Issue]


def message(channel: Channel, age: timedelta, issue: Issue | None = None) -> Message:
    made: datetime = timezone.now() - age
    pk = uuid.UUID(int=first_id(made).int | uuid.uuid4().int >> 60)
    found = Message.objects.create(
        pk=pk,
        organization_id=channel.organization_id,
        channel=channel,
        event="test",
        about=str(pk),
        issue=issue,
        state=Message.State.DONE,
    )
    Attempt.objects.create(
        organization_id=channel.organization_id,
        channel=channel,
        message=found,
        number=1,
        was_taken=True,
        seconds=0.1,
    )
    return found


def test_old_messages_go_with_their_attempts_in_batches(
    channel: MakeChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCH", 3)
    to = channel()
    kept = message(to, timedelta(days=29))
    for _ in range(7):
        message(to, timedelta(days=31))
    assert retention.forget_old() is False
    assert list(Message.objects.all()) == [kept]
    assert Attempt.objects.count() == 1


def test_those_of_an_issue_that_is_open_stay(
    channel: MakeChannel, issue: MakeIssue
) -> None:
    to = channel()
    kept = message(to, timedelta(days=40), issue("open"))
    message(to, timedelta(days=40), issue("over", resolved_at=timezone.now()))
    retention.forget_old()
    assert list(Message.objects.all()) == [kept]
