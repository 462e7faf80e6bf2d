"""Many messages of one webhook: sent in runs, and hardly tried while they are not taken."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from alerts.messages import runs
from alerts.messages.notices import notice_of
from alerts.messages.queueing import new_message, queue
from alerts.models import Attempt, Channel, Message
from conversations.models import Conversation
from tests.alerts.outgoing_events.conftest import bodies, send, tell
from tests.alerts.receiver import Receiver, Reply
from tests.conversations.conftest import MakeConversation

pytestmark = pytest.mark.django_db(transaction=True)
Many = Callable[[int], list[Conversation]]


@pytest.fixture
def many(make_conversation: MakeConversation) -> Many:
    """Return `many(60)`, which makes so many conversations that are new."""

    def make(count: int) -> list[Conversation]:
        return [make_conversation(created_at=timezone.now()) for _ in range(count)]

    return make


def waits() -> Counter[str]:
    return Counter(Message.objects.values_list("state", flat=True))


def test_a_run_sends_each_once_and_notes_each(
    webhook: Channel, receiver: Receiver, many: Many
) -> None:
    rows = many(120)
    tell()
    for row in rows[:5]:
        Conversation.objects.filter(pk=row.pk).touch(ended_reason="a")
    tell()
    send()
    told = [(one["type"], one["data"]["id"]) for one in bodies(receiver)]
    assert len(told) == len(set(told)) == 125
    for row in rows[:5]:
        own = [name for name, id_ in told if id_ == str(row.pk)]
        assert own == ["conversation.created", "conversation.updated"]
    assert waits() == {Message.State.DONE: 125}
    assert Attempt.objects.filter(was_taken=True, status=200, number=1).count() == 125
    assert not Message.objects.filter(sent_at=None).exists()
    webhook.refresh_from_db()
    assert webhook.taken_at
    ids = {one.headers["webhook-id"] for one in receiver.posts}
    assert len(ids) == 125


def test_while_one_is_not_taken_the_rest_are_not_tried(
    webhook: Channel, receiver: Receiver, many: Many
) -> None:
    many(60)
    tell()
    receiver.answers(Reply(500))
    send()
    assert len(receiver.posts) == 1
    assert waits() == {Message.State.WAITING: 60}
    send()
    assert len(receiver.posts) == 1
    receiver.answers(Reply(200))
    # The one that was tried is due again; the others wait for it.
    tried = Message.objects.filter(attempts=1)
    tried.update(next_try_at=timezone.now() - timedelta(seconds=1))
    send()
    assert waits() == {Message.State.DONE: 60}
    assert len(receiver.posts) == 61


def test_a_run_ends_where_one_is_not_taken(
    webhook: Channel, receiver: Receiver, many: Many
) -> None:
    many(60)
    tell()
    receiver.answers(*[Reply(200)] * 10, Reply(500))
    send()
    # Each thread may have begun one more before it knew.
    tried = len(receiver.posts)
    assert 11 <= tried <= 10 + 2 * runs.THREADS
    assert waits()[Message.State.DONE] == 10
    assert waits()[Message.State.WAITING] == 50
    # Who was claimed with them and not begun has all of its tries left.
    assert Message.objects.filter(attempts=0).count() == 60 - tried
    send()
    assert len(receiver.posts) == tried


def test_what_is_about_issues_does_not_wait_for_a_run(
    webhook: Channel, receiver: Receiver, many: Many
) -> None:
    many(2 * runs.AT_ONCE)
    tell()
    text = {"title": "a", "lines": [], "links": [], "severity": "info", "dedup_key": ""}

    def alert(post: Any) -> None:
        if len(receiver.posts) == 5:
            content = {"text": text}
            event = "channel.disabled"
            queue([new_message(webhook, event=event, about="x", content=content)])
            connections.close_all()

    receiver.then = alert
    send()
    names = [one["type"] for one in bodies(receiver)]
    assert names.index("channel.disabled") <= runs.AT_ONCE + 1
    assert len(names) == 2 * runs.AT_ONCE + 1


def test_a_fault_of_ours_is_that_of_one_message(
    webhook: Channel,
    receiver: Receiver,
    many: Many,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rows = many(10)
    tell()

    def broken(message: Message) -> Any:
        if message.content["id"] == str(rows[5].pk):
            raise RuntimeError("https://secret.example.com")
        return notice_of(message)

    monkeypatch.setattr(runs, "notice_of", broken)
    send()
    assert waits() == {Message.State.DONE: 9, Message.State.WAITING: 1}
    attempt = Attempt.objects.get(was_taken=False)
    assert attempt.reason == "It could not be made (RuntimeError)."
