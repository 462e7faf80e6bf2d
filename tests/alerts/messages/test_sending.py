"""Messages that are sent, tried again, given up, and what that does to their channel."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from accounts.models import User
from alerts.messages.events import CHANNEL_DISABLED
from alerts.messages.queueing import queue_test
from alerts.models import Attempt, Channel, Issue, Message
from alerts.tasks import judge
from tests.alerts.messages.conftest import (
    Change,
    MakeChannel,
    Step,
    all_at_once,
    send_all,
    texts,
)
from tests.alerts.receiver import Receiver, Reply

pytestmark = pytest.mark.django_db(transaction=True)
MakeIssue = Callable[..., Issue]


def test_a_message_is_sent_and_noted(
    channel: MakeChannel, change: Change, issue: MakeIssue, receiver: Receiver
) -> None:
    to = channel()
    change(issue())
    send_all()
    message = Message.objects.get()
    assert message.state == Message.State.DONE
    assert message.sent_at is not None
    attempt = Attempt.objects.get()
    assert (attempt.message, attempt.channel, attempt.number) == (message, to, 1)
    assert (attempt.was_taken, attempt.status, attempt.answer) == (True, 200, "ok")
    assert 0 < attempt.seconds < 10
    assert attempt.next_try_at is None
    to.refresh_from_db()
    assert to.taken_at is not None
    (said,) = texts(receiver)
    assert said.startswith("🔴 front-desk is silent since")
    send_all()
    assert len(receiver.posts) == 1


def test_one_that_is_not_taken_is_tried_again_and_each_try_is_noted(
    channel: MakeChannel, change: Change, issue: MakeIssue, receiver: Receiver
) -> None:
    receiver.answers(Reply(500, b"oh"), Reply(200))
    channel()
    change(issue())
    send_all()
    send_all()
    assert len(receiver.posts) == 1
    first = Attempt.objects.get()
    assert first.next_try_at is not None
    assert timedelta(0) < first.next_try_at - timezone.now() < timedelta(seconds=11)
    all_at_once()
    send_all()
    assert list(Attempt.objects.order_by("pk").values_list("number", "was_taken")) == [
        (1, False),
        (2, True),
    ]
    assert Message.objects.get().state == Message.State.DONE


def test_a_server_that_asks_to_wait_is_left_alone_also_by_what_else_waits(
    channel: MakeChannel, change: Change, issue: MakeIssue, receiver: Receiver
) -> None:
    receiver.answers(Reply(429, b"", (("Retry-After", "600"),)))
    channel()
    change(issue("a"))
    change(issue("b"))
    send_all()
    send_all()
    assert len(receiver.posts) == 1
    in_ten_minutes = timezone.now() + timedelta(seconds=590)
    assert all(
        message.next_try_at and message.next_try_at > in_ten_minutes
        for message in Message.objects.all()
    )


def test_tries_end_within_two_days(
    channel: MakeChannel, change: Change, issue: MakeIssue, receiver: Receiver
) -> None:
    receiver.answers(Reply(503))
    to = channel()
    change(issue())
    waits = timedelta(0)
    for _ in range(20):
        send_all()
        newest = Attempt.objects.latest("pk")
        if newest.next_try_at:
            waits += newest.next_try_at - newest.created_at
        all_at_once()
    assert Message.objects.get().state == Message.State.FAILED
    assert Attempt.objects.count() == len(receiver.posts) == 8
    assert timedelta(hours=20) < waits < timedelta(hours=26)
    to.refresh_from_db()
    assert to.failures == 1


def fail(count: int, change: Change, issue: MakeIssue) -> None:
    for number in range(count):
        change(issue(f"{number} {timezone.now()}"))
        send_all()


def test_five_that_are_refused_in_a_row_switch_a_channel_off_and_tell_another(
    channel: MakeChannel, change: Change, issue: MakeIssue, receiver: Receiver
) -> None:
    receiver.answers(Reply(404, b"no_service"))
    broken = channel("slack")
    fail(4, change, issue)
    broken.refresh_from_db()
    assert (broken.failures, broken.disabled_at) == (4, None)
    other = channel("webhook", sends_issues=True)
    Message.objects.all().delete()
    receiver.answers(Reply(404), Reply(200), Reply(200), Reply(200))
    change(issue("last"))
    send_all()
    broken.refresh_from_db()
    assert broken.disabled_at is not None
    assert "404" in broken.disabled_reason
    send_all()
    notice = Message.objects.get(event=CHANNEL_DISABLED)
    assert (notice.channel, notice.state) == (other, Message.State.DONE)
    assert "“slack” is switched off" in str(receiver.posts[-1].json)
    count = len(receiver.posts)
    fail(2, change, issue)
    assert [post.path for post in receiver.posts[count:]] == ["/webhook"] * 2


def test_where_there_is_no_other_channel_the_owners_are_mailed_once(
    channel: MakeChannel,
    change: Change,
    issue: MakeIssue,
    receiver: Receiver,
    alice: User,
    dora: User,
) -> None:
    receiver.answers(Reply(404))
    channel()
    fail(7, change, issue)
    (sent,) = mail.outbox
    assert sent.to == [alice.email]
    assert sent.subject == "The channel “slack” is switched off"
    assert "/alerts/channels/" in sent.body
    assert len(receiver.posts) == 5


def test_a_channel_that_is_off_opens_no_incident_which_nothing_would_close(
    channel: MakeChannel, change: Change, issue: MakeIssue, receiver: Receiver
) -> None:
    receiver.answers(Reply(404))
    channel()
    fail(4, change, issue)
    channel("pagerduty")
    fail(1, change, issue)
    assert Channel.objects.get(kind="slack").disabled_at is not None
    assert not Message.objects.filter(event=CHANNEL_DISABLED).exists()


def test_one_that_is_taken_forgives_those_before(
    channel: MakeChannel, change: Change, issue: MakeIssue, receiver: Receiver
) -> None:
    to = channel()
    receiver.answers(*[Reply(404)] * 4, Reply(200), *[Reply(404)] * 4, Reply(200))
    fail(10, change, issue)
    to.refresh_from_db()
    assert (to.failures, to.disabled_at) == (0, None)


def test_a_test_is_tried_once_and_switches_nothing_off(
    channel: MakeChannel, receiver: Receiver
) -> None:
    receiver.answers(Reply(404))
    to = channel()
    for _ in range(6):
        queue_test(to)
        send_all()
    to.refresh_from_db()
    assert (to.failures, to.disabled_at) == (0, None)
    assert Attempt.objects.count() == 6
    assert set(Message.objects.values_list("state", flat=True)) == {"failed"}


def test_a_channel_that_is_off_can_be_tested(
    channel: MakeChannel, receiver: Receiver
) -> None:
    to = channel(disabled_at=timezone.now())
    message = queue_test(to)
    send_all()
    message.refresh_from_db()
    assert message.state == Message.State.DONE
    assert texts(receiver) == ["🔵 This is a test of “slack”"]


def test_what_waits_for_a_channel_that_was_switched_off_is_not_sent(
    channel: MakeChannel, change: Change, issue: MakeIssue, receiver: Receiver
) -> None:
    to = channel()
    change(issue())
    Channel.objects.update(disabled_at=timezone.now())
    send_all()
    assert not receiver.posts
    assert Message.objects.get().last_error == "The channel is off."
    to.refresh_from_db()
    assert to.failures == 0


def test_a_channel_whose_key_is_gone_says_so(
    channel: MakeChannel, change: Change, issue: MakeIssue, settings: Any
) -> None:
    channel()
    change(issue())
    settings.SECRET_KEY = "another key of the operator's, long enough for Django"
    send_all()
    assert "SECRET_KEY has changed" in Attempt.objects.get().reason


def test_an_issue_that_is_over_before_it_could_be_told_is_told_as_one(
    channel: MakeChannel, change: Change, issue: MakeIssue, receiver: Receiver
) -> None:
    receiver.answers(Reply(503), Reply(200))
    channel()
    one = issue()
    change(one)
    send_all()
    change(one, Step.RESOLVED)
    all_at_once()
    send_all()
    first, second = texts(receiver)
    assert first.startswith("🔴")
    assert second.startswith("🟢")
    assert len(receiver.posts) == 2


def test_a_program_is_told_everything_and_in_order(
    channel: MakeChannel, change: Change, issue: MakeIssue, receiver: Receiver
) -> None:
    receiver.answers(Reply(503), Reply(200))
    channel("webhook")
    one = issue()
    change(one)
    send_all()
    change(one, Step.RESOLVED)
    send_all()
    assert len(receiver.posts) == 1  # the end waits for the beginning
    all_at_once()
    send_all()
    types = [post.json["type"] for post in receiver.posts]
    assert types == ["issue.opened", "issue.opened", "issue.resolved"]
    ids = [post.headers["webhook-id"] for post in receiver.posts]
    assert ids[0] == ids[1] != ids[2]


def test_what_began_and_ended_in_quiet_hours_is_not_told(
    channel: MakeChannel, change: Change, issue: MakeIssue, receiver: Receiver
) -> None:
    channel()
    one = issue()
    change(one)
    change(one, Step.RESOLVED)
    Message.objects.update(held_until=timezone.now() + timedelta(hours=9))
    send_all()
    assert not receiver.posts
    Message.objects.update(held_until=timezone.now())
    all_at_once()
    send_all()
    assert not receiver.posts
    assert set(Message.objects.values_list("state", "last_error")) == {
        ("done", "It was over before it was told.")
    }


def test_a_fault_of_ours_is_noted_without_its_text(
    channel: MakeChannel,
    change: Change,
    issue: MakeIssue,
    caplog: pytest.LogCaptureFixture,
) -> None:
    channel()
    change(issue())
    Message.objects.update(content={"step": "https://secret.example/token"})
    send_all()
    assert Attempt.objects.get().reason == "It could not be made (KeyError)."
    assert "secret.example" not in caplog.text


def test_the_worker_sends_what_a_media_worker_that_is_away_leaves(
    channel: MakeChannel, issue: MakeIssue, change: Change, receiver: Receiver
) -> None:
    channel()
    change(issue("fresh"))
    judge()
    assert receiver.posts == []
    Message.objects.update(created_at=timezone.now() - timedelta(minutes=3))
    judge()
    assert len(receiver.posts) == 1
