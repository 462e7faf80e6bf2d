"""What webhooks are told of conversations: each event once, and nothing of the past."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection, connections, transaction
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import Organization, User
from alerts.models import Message, Progress
from alerts.outgoing_events import telling
from alerts.outgoing_events.telling import tell_of_conversations
from conversations import worker_stop
from conversations.agents.merging import merge_agents, move_merged_conversations
from conversations.changes.positions import give_positions
from conversations.models import Agent, Change, ChangeCounter, Conversation
from integrations.erasure.erase import erase_conversation
from integrations.models import Delivery
from integrations.processing.replay import replay_delivery
from tests.alerts.outgoing_events.conftest import MakeWebhook, tell, told
from tests.conversations.conftest import MakeConversation, MakeRecording
from tests.integrations.conftest import Post, session

pytestmark = pytest.mark.django_db(transaction=True)
Process = Callable[[], None]
CREATED, UPDATED, STORED = (
    "conversation.created",
    "conversation.updated",
    "recording.stored",
)


def test_a_session_that_arrives_is_told_once(
    make_webhook: MakeWebhook, post: Post, process: Process
) -> None:
    webhook, other = make_webhook(), make_webhook()
    post(session("call-1"))
    post(session("call-2"))
    process()
    for _ in range(3):
        tell()
    for each in (webhook, other):
        assert sorted(told(each)) == [(CREATED, "call-1"), (CREATED, "call-2")]


def test_what_changes_later_is_told_as_an_update(
    make_webhook: MakeWebhook, post: Post, process: Process
) -> None:
    webhook = make_webhook()
    post(session("call-1"))
    process()
    tell()
    for reason in ("a", "b"):
        post(session("call-1", call={"endedReason": reason}))
        process()
    tell()
    tell()
    assert told(webhook) == [(CREATED, "call-1"), (UPDATED, "call-1")]


def test_what_changes_before_it_was_told_is_one_event(
    make_webhook: MakeWebhook, post: Post, process: Process
) -> None:
    webhook = make_webhook()
    post(session("call-1"))
    process()
    post(session("call-1", call={"endedReason": "a"}))
    process()
    tell()
    assert told(webhook) == [(CREATED, "call-1")]


def test_a_recording_is_told_when_it_is_stored(
    make_webhook: MakeWebhook,
    post: Post,
    process: Process,
    make_recording: MakeRecording,
) -> None:
    webhook = make_webhook()
    only = make_webhook(events=[STORED])
    post(session("call-1"))
    process()
    tell()
    make_recording(Conversation.objects.get())
    tell()
    post(session("call-1", call={"endedReason": "a"}))
    process()
    tell()
    assert told(webhook) == [
        (CREATED, "call-1"),
        (UPDATED, "call-1"),
        (STORED, "call-1"),
        (UPDATED, "call-1"),
    ]
    assert told(only) == [(STORED, "call-1")]


def test_a_rebuild_tells_nothing(
    make_webhook: MakeWebhook, post: Post, process: Process
) -> None:
    webhook = make_webhook()
    post(session("call-1", call={"endedReason": "a"}))
    process()
    tell()
    # As rows are that an older adapter made.
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE conversations_conversation DISABLE TRIGGER USER")
        cursor.execute("UPDATE conversations_conversation SET ended_reason = 'old'")
        cursor.execute("ALTER TABLE conversations_conversation ENABLE TRIGGER USER")
    call_command("rebuild")
    row = Conversation.objects.get()
    assert row.ended_reason == "a"
    tell()
    assert told(webhook) == [(CREATED, "call-1")]
    post(session("call-1", call={"endedReason": "b"}))
    process()
    tell()
    assert told(webhook) == [(CREATED, "call-1"), (UPDATED, "call-1")]


def test_a_rebuild_hides_nothing_that_was_not_told_yet(
    make_webhook: MakeWebhook, post: Post, process: Process
) -> None:
    webhook = make_webhook()
    post(session("call-1"))
    post(session("call-2"))
    process()
    tell()
    post(session("call-1", call={"endedReason": "a"}))
    process()
    call_command("rebuild")
    tell()
    assert told(webhook)[2:] == [(UPDATED, "call-1")]
    post(session("call-2", call={"endedReason": "a"}))
    process()
    # It has its position before the rebuild, as where a program follows.
    give_positions(webhook.organization_id)
    call_command("rebuild")
    tell()
    assert told(webhook)[3:] == [(UPDATED, "call-2")]


def test_a_replay_of_what_was_processed_tells_nothing(
    make_webhook: MakeWebhook, post: Post, process: Process, alice: User
) -> None:
    webhook = make_webhook()
    post(session("call-1"))
    process()
    tell()
    replay_delivery(delivery=Delivery.objects.get(), by=alice)
    process()
    tell()
    assert told(webhook) == [(CREATED, "call-1")]


def test_a_replay_by_a_worker_tells_nothing(
    make_webhook: MakeWebhook,
    post: Post,
    process: Process,
    alice: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    webhook = make_webhook()
    post(session("call-1"))
    process()
    tell()
    monkeypatch.setattr("integrations.delivery_log.read.MAX_SMALL_BYTES", 0)
    before = Conversation.objects.get().updated_at
    replay_delivery(delivery=Delivery.objects.get(), by=alice)
    assert Delivery.objects.get().is_replayed
    Conversation.objects.update(ended_reason="old")
    tell()
    count = len(told(webhook))
    process()
    assert not Delivery.objects.get().is_replayed
    assert Conversation.objects.get().updated_at > before
    tell()
    assert len(told(webhook)) == count


def test_a_merge_of_agents_tells_nothing(
    make_webhook: MakeWebhook, post: Post, process: Process, alice: User
) -> None:
    webhook = make_webhook()
    post(session("call-1"))
    post(session("call-2", agent={"externalId": "frontdesk"}))
    process()
    tell()
    kept = Agent.objects.get(external_id="front-desk")
    merged = Agent.objects.get(external_id="frontdesk")
    merge_agents(merged=merged, kept=kept, by=alice)
    move_merged_conversations(seconds=5)
    assert set(Conversation.objects.values_list("agent", flat=True)) == {kept.pk}
    tell()
    assert len(told(webhook)) == 2


def test_what_was_there_before_the_webhook_is_not_told(
    make_webhook: MakeWebhook,
    post: Post,
    process: Process,
    make_conversation: MakeConversation,
) -> None:
    for _ in range(3):
        make_conversation(created_at=timezone.now() - timedelta(days=1))
    post(session("call-1"))
    process()
    webhook = make_webhook()
    tell()
    assert told(webhook) == []
    post(session("call-1", call={"endedReason": "a"}))
    process()
    tell()
    assert told(webhook) == [(UPDATED, "call-1")]


def test_what_came_between_its_making_and_the_first_look_is_told(
    make_webhook: MakeWebhook, post: Post, process: Process
) -> None:
    webhook = make_webhook()
    post(session("call-1"))
    process()
    give_positions(webhook.organization_id)
    tell()
    assert told(webhook) == [(CREATED, "call-1")]


def test_a_webhook_that_was_off_goes_on_with_what_is_new(
    make_webhook: MakeWebhook, post: Post, process: Process
) -> None:
    webhook = make_webhook()
    post(session("call-1"))
    process()
    tell()
    webhook.disabled_at = timezone.now()
    webhook.save()
    long_ago = timezone.now() - timedelta(hours=2)
    post(session("call-2"))
    process()
    give_positions(webhook.organization_id)
    tell()
    assert not Progress.objects.exists()
    # As if all of that had been two hours ago.
    shift = int(long_ago.timestamp() * 1_000_000)
    Change.objects.update(position=shift, event_position=shift, first_position=shift)
    ChangeCounter.objects.update(last_position=shift)
    webhook.disabled_at = None
    webhook.save()
    post(session("call-3"))
    process()
    tell()
    assert told(webhook) == [(CREATED, "call-1"), (CREATED, "call-3")]


def test_only_what_it_wants_of_its_agents(
    make_webhook: MakeWebhook, post: Post, process: Process
) -> None:
    updates = make_webhook(events=[UPDATED])
    post(session("call-0", agent={"externalId": "sales"}))
    process()
    sales = make_webhook(agents=[Agent.objects.get().pk])
    none = make_webhook(events=["issue.opened"])
    mail = make_webhook(kind="email")
    for number in (1, 2):
        name = ("front-desk", "sales")[number - 1]
        post(session(f"call-{number}", agent={"externalId": name}))
        process()
    tell()
    assert told(sales) == [(CREATED, "call-2")]
    assert told(updates) == told(none) == told(mail) == []
    post(session("call-1", call={"endedReason": "a"}))
    process()
    tell()
    assert told(updates) == [(UPDATED, "call-1")]


def test_another_organization_is_told_nothing(
    make_webhook: MakeWebhook,
    other_organization: Organization,
    post: Post,
    process: Process,
) -> None:
    theirs = make_webhook(organization=other_organization)
    post(session("call-1"))
    process()
    tell()
    assert told(theirs) == []


def test_test_sessions_are_marked(
    make_webhook: MakeWebhook, post: Post, process: Process
) -> None:
    make_webhook()
    post(session("call-1", metadata={"zeltoTest": True}))
    post(session("call-2"))
    process()
    tell()
    flags = [one.content["isTest"] for one in Message.objects.order_by("pk")]
    assert sorted(flags) == [False, True]


def test_a_transaction_that_commits_late_is_told(
    make_webhook: MakeWebhook, make_conversation: MakeConversation
) -> None:
    webhook = make_webhook()
    written, go_on = threading.Event(), threading.Event()

    def write() -> None:
        with transaction.atomic():
            make_conversation(external_id="late", created_at=timezone.now())
            written.set()
            go_on.wait(10)
        connections.close_all()

    make_conversation(external_id="first", created_at=timezone.now())
    thread = threading.Thread(target=write)
    thread.start()
    written.wait(10)
    make_conversation(external_id="second", created_at=timezone.now())
    tell()
    assert sorted(told(webhook)) == [(CREATED, "first"), (CREATED, "second")]
    go_on.set()
    thread.join()
    tell()
    assert told(webhook)[2:] == [(CREATED, "late")]


def test_two_workers_tell_it_once(
    make_webhook: MakeWebhook, make_conversation: MakeConversation
) -> None:
    webhook = make_webhook()
    for _ in range(60):
        make_conversation(created_at=timezone.now())

    def work() -> None:
        tell()
        connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    tell()
    names = told(webhook)
    assert len(names) == len(set(names)) == 60


def test_a_webhook_that_takes_nothing_holds_only_so_many_messages(
    make_webhook: MakeWebhook,
    make_conversation: MakeConversation,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(telling, "AT_ONCE", 10)
    monkeypatch.setattr(telling, "MAX_WAITING", 20)
    stuck, other = make_webhook(), make_webhook()
    rows = [make_conversation(created_at=timezone.now()) for _ in range(45)]
    tell()
    assert len(told(stuck)) == len(told(other)) == 20
    for reason in "abc":
        Conversation.objects.filter(pk=rows[-1].pk).touch(ended_reason=reason)
    Message.objects.filter(channel=other).update(state=Message.State.DONE)
    tell()
    assert (len(told(stuck)), len(told(other))) == (20, 40)
    for _ in range(3):
        Message.objects.update(state=Message.State.DONE)
        tell()
    for each in (stuck, other):
        assert sorted(told(each)) == sorted((CREATED, row.external_id) for row in rows)


def test_a_turn_ends(
    make_webhook: MakeWebhook,
    make_conversation: MakeConversation,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(telling, "AT_ONCE", 1)
    webhook = make_webhook()
    for _ in range(3):
        make_conversation(created_at=timezone.now())
    assert tell_of_conversations(seconds=0)
    stop = threading.Event()
    stop.set()
    monkeypatch.setattr(worker_stop, "requested", stop)
    assert not tell_of_conversations(seconds=5)
    assert told(webhook) == []


def test_it_costs_nothing_where_nobody_asks(
    make_webhook: MakeWebhook,
    make_conversation: MakeConversation,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    make_webhook(events=[])
    make_conversation()
    with django_assert_num_queries(2):
        tell()
    assert not Progress.objects.exists()


def test_an_erasure_takes_what_waits(
    make_webhook: MakeWebhook, post: Post, process: Process, alice: User
) -> None:
    webhook = make_webhook()
    post(session("call-1"))
    post(session("call-2"))
    process()
    tell()
    erased = Conversation.objects.get(external_id="call-1")
    erase_conversation(conversation=erased, by=alice)
    tell()
    assert told(webhook) == [(CREATED, "call-2")]
