"""`erase_conversation`: what is lost, what stays, and that nothing brings it back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import call_command

from accounts.models import AuditEntry, Organization, User
from conversations.models import (
    Agent,
    Charge,
    Conversation,
    Tombstone,
    Transcript,
)
from conversations.projection.erased_calls import erased_among
from integrations.delivery_log import read as history
from integrations.delivery_log.retention import forget
from integrations.erasure.erase import erase_conversation
from integrations.models import Delivery
from integrations.processing.replay import NothingToReplay, replay_delivery
from tests.conftest import MakeKey
from tests.integrations.conftest import Post, session

pytestmark = pytest.mark.django_db(transaction=True)
Process = Callable[[], None]
SECRET = "4929-1234"


@pytest.fixture(autouse=True)
def no_replay_wakeups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("integrations.processing.replay.wake_worker", lambda: None)


@pytest.fixture
def conversation(post: Post, process: Process) -> Conversation:
    """Of two posts and a refused one, each with something that is nobody's business."""
    post(session(metadata={"card": SECRET}, odd=SECRET))
    post(session(call={"customer": {"name": SECRET}}))
    process()
    refused = post(session(call={"recordingUrl": SECRET}, transcript={"turns": SECRET}))
    assert refused.status_code == 422
    Delivery.objects.filter(status=422).update(
        errors=[{"path": "transcript.turns", "detail": f"is {SECRET}"}],
        reason=f"{SECRET} is no list",
    )
    return Conversation.objects.get()


def is_anywhere(text: str) -> bool:
    rows: list[Any] = [
        *Delivery.objects.values_list(
            "reason", "errors", "warnings", "last_error", "body"
        ),
        *Conversation.objects.values_list("metadata", "customer_name"),
        *Transcript.objects.values_list("turns", "system_prompt"),
        *AuditEntry.objects.values_list("subject", "detail"),
    ]
    return text in repr(rows)


def bodies_left() -> int:
    return Delivery.objects.filter(body__isnull=False).count()


def test_nothing_that_was_said_is_left(conversation: Conversation, alice: User) -> None:
    assert is_anywhere(SECRET)
    erase_conversation(conversation=conversation, by=alice)
    assert not is_anywhere(SECRET)
    assert not Conversation.objects.exists()
    assert not Transcript.objects.exists()
    assert bodies_left() == 0


def test_the_log_keeps_when_who_and_under_which_id(
    conversation: Conversation, alice: User
) -> None:
    facts = (
        "sequence", "uuid", "key_id", "received_at", "provider", "agent_reference",
        "external_id", "status", "outcome", "count", "size", "user_agent",
        "request_id", "processed_at",
    )  # fmt: skip
    before = list(Delivery.objects.order_by("sequence").values(*facts))
    erase_conversation(conversation=conversation, by=alice)
    assert list(Delivery.objects.order_by("sequence").values(*facts)) == before
    assert set(Delivery.objects.values_list("reason", flat=True)) == {
        "This call was erased."
    }
    assert not Delivery.objects.filter(conversation__isnull=False).exists()


def test_it_is_told_in_the_audit_log(conversation: Conversation, alice: User) -> None:
    erase_conversation(conversation=conversation, by=alice)
    entry = AuditEntry.objects.get(action="conversation.erased")
    assert (entry.by, entry.subject) == (alice, "call-1")
    assert entry.detail == {"deliveries": 3}


def test_a_program_does_it_with_its_key(
    conversation: Conversation, organization: Organization, make_key: MakeKey
) -> None:
    key, _ = make_key(organization)
    erase_conversation(conversation=conversation, by=None, key=key)
    assert AuditEntry.objects.get(action="conversation.erased").key == key


def test_a_second_time_there_is_nothing_to_erase(
    conversation: Conversation, alice: User
) -> None:
    erase_conversation(conversation=conversation, by=alice)
    with pytest.raises(Conversation.DoesNotExist):
        erase_conversation(conversation=conversation, by=alice)
    assert Tombstone.objects.count() == 1
    assert AuditEntry.objects.filter(action="conversation.erased").count() == 1


def test_others_stay(
    conversation: Conversation,
    alice: User,
    other_organization: Organization,
    make_key: MakeKey,
    post: Post,
    process: Process,
) -> None:
    post(session("call-2"))
    post(session(), **{"X-Zelto-Provider": "livekit"})
    post(session(), key=make_key(other_organization)[1])
    process()
    erase_conversation(conversation=conversation, by=alice)
    assert Conversation.objects.count() == Transcript.objects.count() == 3
    assert bodies_left() == 3


def test_a_later_post_is_taken_and_ignored(
    conversation: Conversation, alice: User, post: Post, process: Process
) -> None:
    erase_conversation(conversation=conversation, by=alice)
    later = session(metadata={"card": SECRET}, odd=SECRET)
    later["agent"] = {"externalId": "another", "name": "Another"}
    assert post(later).json()["received"] is True
    process()
    row = Delivery.objects.latest("sequence")
    assert (row.outcome, row.reason) == ("ignored", "This call was erased.")
    assert row.processed_at is not None
    assert not is_anywhere(SECRET)
    assert not Conversation.objects.exists()
    assert not Agent.objects.filter(external_id="another").exists()


def test_a_post_that_waits_is_ignored(
    conversation: Conversation, alice: User, post: Post, process: Process
) -> None:
    post(session(metadata={"card": SECRET}))
    erase_conversation(conversation=conversation, by=alice)
    row = Delivery.objects.latest("sequence")
    assert (row.outcome, row.body) == ("ignored", None)
    process()
    assert not Conversation.objects.exists()
    assert not is_anywhere(SECRET)


def test_a_batch_goes_on_without_the_erased(
    conversation: Conversation, alice: User, post: Post, process: Process
) -> None:
    erase_conversation(conversation=conversation, by=alice)
    for name in ("call-0", "call-1", "call-2"):
        post(session(name))
    process()
    names = Conversation.objects.values_list("external_id", flat=True)
    assert sorted(names) == ["call-0", "call-2"]
    assert bodies_left() == 2


def test_a_later_refusal_keeps_no_body(
    conversation: Conversation, alice: User, post: Post
) -> None:
    erase_conversation(conversation=conversation, by=alice)
    bad = session(transcript={"turns": SECRET})
    assert post(bad).status_code == 422
    assert post(bad, **{"X-Zelto-Provider": "nobody"}).status_code == 400
    assert bodies_left() == 0
    other = session("call-2", transcript={"turns": SECRET})
    assert post(other).status_code == 422
    assert bodies_left() == 1


def test_a_refusal_that_names_no_provider_is_emptied_too(
    conversation: Conversation, alice: User, post: Post
) -> None:
    assert post(session(), **{"X-Zelto-Provider": "nobody"}).status_code == 400
    assert Delivery.objects.filter(provider="", body__isnull=False).exists()
    erase_conversation(conversation=conversation, by=alice)
    assert bodies_left() == 0


def test_it_is_charged_once_for_ever(
    conversation: Conversation, alice: User, post: Post, process: Process
) -> None:
    erase_conversation(conversation=conversation, by=alice)
    charge = Charge.objects.get()
    post(session())
    process()
    assert Charge.objects.get() == charge


def test_no_replay_brings_it_back(
    conversation: Conversation, alice: User, post: Post, process: Process
) -> None:
    erase_conversation(conversation=conversation, by=alice)
    post(session())
    process()
    for delivery in Delivery.objects.all():
        with pytest.raises(NothingToReplay):
            replay_delivery(delivery=delivery, by=alice)
    assert not Conversation.objects.exists()


def test_neither_rebuild_nor_retention_brings_it_back(
    conversation: Conversation, alice: User, post: Post, process: Process
) -> None:
    post(session("call-2"))
    process()
    erase_conversation(conversation=conversation, by=alice)
    call_command("rebuild")
    forget()
    process()
    assert Conversation.objects.get().external_id == "call-2"


def test_what_cannot_be_read_of_an_erased_call_is_not_kept_for_another_try(
    conversation: Conversation,
    alice: User,
    post: Post,
    process: Process,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    erase_conversation(conversation=conversation, by=alice)
    post(session(metadata={"card": SECRET}))
    monkeypatch.setattr(history, "read", lambda *_: 1 / 0)
    process()
    assert Delivery.objects.latest("sequence").outcome == "ignored"
    assert bodies_left() == 0


def test_the_same_id_of_another_provider_is_another_call(
    conversation: Conversation, alice: User, post: Post, process: Process
) -> None:
    erase_conversation(conversation=conversation, by=alice)
    post(session(), **{"X-Zelto-Provider": "livekit"})
    process()
    assert Conversation.objects.get().provider == "livekit"


def test_it_reads_the_log_by_the_call_alone(
    conversation: Conversation, alice: User, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(23) as captured:
        erase_conversation(conversation=conversation, by=alice)
    touched = [
        query["sql"]
        for query in captured.captured_queries
        if "integrations_delivery" in query["sql"]
    ]
    assert len(touched) == 1
    assert "external_id" in touched[0].partition("WHERE")[2]


def test_the_id_of_a_tombstone_says_nothing(
    conversation: Conversation, alice: User
) -> None:
    erase_conversation(conversation=conversation, by=alice)
    subject = bytes(Tombstone.objects.get().subject)
    assert len(subject) == 32
    assert b"call-1" not in subject
    assert subject == bytes(Charge.objects.get().subject)


def test_many_erased_calls_are_found_in_two_queries(
    organization: Organization,
    alice: User,
    post: Post,
    process: Process,
    django_assert_num_queries: Any,
) -> None:
    for number in range(5):
        post(session(f"call-{number}"))
    process()
    for row in Conversation.objects.all():
        erase_conversation(conversation=row, by=alice)
    calls = [(organization.id, "zelto", f"call-{number}") for number in range(9)]
    with django_assert_num_queries(2):
        assert len(erased_among(calls)) == 5
