"""What Zelto heard, as a delivery of the log: it counts after all that was sent, and is
nobody's but Zelto's."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client, override_settings
from django.utils import timezone

from accounts.models import Organization
from conversations.models import Agent, Charge, Conversation, Transcript
from conversations.transcription.result_hook import hand_over
from conversations.transcription.results import TranscriptionResult as Result
from integrations.connections.agent_delivery_status import agent_delivery_status
from integrations.connections.provider_status import provider_connection
from integrations.delivery_log import retention
from integrations.models import Delivery
from integrations.processing import worker as processing_worker
from integrations.processing.rebuild import rebuild
from integrations.processing.replay import replay_delivery
from tests.integrations.conftest import Post, session

pytestmark = pytest.mark.django_db(transaction=True)

TURNS = [{"role": "user", "content": "Heard.", "startSeconds": 1.0, "endSeconds": 2.0}]
SENT = [{"role": "assistant", "content": "Sent."}]


def call(**fields: Any) -> dict[str, Any]:
    return {"call": {"externalId": "c"}, "agent": {"externalId": "a"}, **fields}


def hear(conversation: Conversation, turns: Any = TURNS) -> None:
    result = Result(turns, 9.5, sha256="0" * 64, made_by="an ear")
    hand_over(conversation, result)
    work()


def work() -> None:
    while processing_worker.process_batch():
        pass


@pytest.fixture
def conversation(post: Post) -> Conversation:
    """Posted without turns, and then heard."""
    post(call())
    work()
    found = Conversation.objects.get()
    hear(found)
    found.refresh_from_db()
    return found


def turns() -> Any:
    return Transcript.objects.get().turns


def test_it_fills_in_turns_and_nothing_else(
    conversation: Conversation,
) -> None:
    assert turns() == TURNS
    assert (conversation.duration_seconds, conversation.turn_count) == (None, 1)
    assert conversation.agent.external_id == "a"
    assert conversation.sent_duration_seconds is None
    assert [charge.meter for charge in Charge.objects.all()] == ["calls"]


def test_what_is_sent_later_wins(conversation: Conversation, post: Post) -> None:
    post(call(transcript={"turns": SENT}))
    work()
    assert turns() == SENT
    hear(conversation)
    assert turns() == SENT


def test_a_silent_caller_by_the_sender_wipes_nothing_that_was_heard(
    conversation: Conversation, post: Post
) -> None:
    post(call(transcript={"turns": []}))
    work()
    assert turns() == TURNS


def test_the_newer_recording_counts(conversation: Conversation) -> None:
    newer = [TURNS[0] | {"content": "Heard anew."}]
    hear(conversation, newer)
    assert turns() == newer


def test_a_moved_conversation_stays_with_its_agent(
    conversation: Conversation, post: Post
) -> None:
    post(call() | {"agent": {"externalId": "b", "name": "B"}})
    work()
    hear(conversation)
    conversation.refresh_from_db()
    assert conversation.agent.external_id == "b"
    assert Agent.objects.count() == 2


def test_replay_and_rebuild_hear_nothing_again(conversation: Conversation) -> None:
    before = told(), turns()
    for damage in (replay, lambda: list(rebuild())):
        Transcript.objects.update(turns=[], is_heard=False)
        Conversation.objects.update(duration_seconds=1, turn_count=0)
        damage()
        assert (told(), turns()) == before
    assert Charge.objects.count() == 1


def told() -> dict[str, Any]:
    """All of it but when it was updated: that it was damaged and healed is told."""
    row = Conversation.objects.values().get()
    return {name: value for name, value in row.items() if name != "updated_at"}


def replay() -> None:
    replay_delivery(delivery=Delivery.objects.get(source="transcription"), by=None)


def test_nobody_outside_can_claim_to_be_it(post: Post) -> None:
    post(call(transcript={"turns": SENT}))
    work()
    forged = call(
        transcript={"turns": TURNS},
        source="transcription",
        transcription={"madeBy": "me"},
    )
    answer = post(forged).json()
    work()
    assert {one["path"] for one in answer["warnings"]} == {"source", "transcription"}
    assert set(Delivery.objects.values_list("source", flat=True)) == {"post"}
    # It is a post as any other: its turns replace those before.
    assert turns() == TURNS
    assert not Transcript.objects.get().is_heard


def test_it_is_no_sign_of_life_of_a_worker(
    conversation: Conversation, organization: Organization, post: Post
) -> None:
    Delivery.objects.filter(source="transcription").update(
        outcome="failed", reason="x", received_at=timezone.now()
    )
    connection = provider_connection(organization, conversation.provider)
    assert connection.refusals is None
    assert agent_delivery_status([conversation.agent]) == {}
    Delivery.objects.filter(source="transcription").update(outcome="accepted")
    assert provider_connection(organization, conversation.provider).stored_at is None


def test_its_body_expires_as_others_do_and_the_turns_stay(
    conversation: Conversation, post: Post
) -> None:
    Delivery.objects.update(received_at=timezone.now() - timedelta(days=100))
    with override_settings(KEEP_BODIES_DAYS=90):
        retention.forget()
    assert not Delivery.objects.filter(body__isnull=False).exists()
    post(call(version="2"))
    work()
    conversation.refresh_from_db()
    assert (conversation.version, turns()) == ("2", TURNS)
    assert Transcript.objects.get().is_heard


def test_the_log_names_it(conversation: Conversation, dora_client: Client) -> None:
    delivery = Delivery.objects.get(source="transcription")
    pages = (
        "/org/acme/deliveries",
        f"/org/acme/deliveries/{delivery.uuid}",
        f"/org/acme/conversations/{conversation.pk}/deliveries",
    )
    for page in pages:
        assert "Zelto&#x27;s transcription" in dora_client.get(page).content.decode()


def test_what_is_of_no_conversation_any_more_fails_alone(
    conversation: Conversation, post: Post
) -> None:
    Delivery.objects.filter(source="post").delete()
    Conversation.objects.all().delete()
    Delivery.objects.update(outcome="accepted", attempts=4)
    post(session())
    work()
    failed = Delivery.objects.get(source="transcription")
    assert failed.outcome == "failed"
    assert "There is no conversation of c." in failed.reason
    assert Conversation.objects.count() == 1
