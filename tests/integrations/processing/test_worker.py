"""From accepted deliveries to conversations."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone

from accounts.models import ApiKey, Organization
from conversations.models import Agent, Charge, Conversation
from conversations.projection import fold
from integrations.delivery_log import claims
from integrations.delivery_log.claims import Claimed
from integrations.models import Connection, Delivery
from integrations.processing import worker as processing_worker
from tests.conftest import MakeKey
from tests.integrations.conftest import Post, session

pytestmark = pytest.mark.django_db(transaction=True)
Process = Callable[[], None]


def test_it_makes_a_conversation_of_a_delivery(post: Post, process: Process) -> None:
    body = session(
        call={
            "startedAt": "2026-11-22T10:00:00Z",
            "endedAt": "2026-11-22T10:03:12Z",
            "endedReason": "participant_disconnected",
            "cost": 0.0421,
            "customer": {"number": "+15550100", "name": "Ada"},
        },
        version="12",
        systemPrompt="Be kind.",
        metadata={"region": "eu"},
    )
    post(body, **{"X-Zelto-Provider": "livekit"})
    process()

    conversation = Conversation.objects.select_related("agent", "transcript").get()
    assert conversation.external_id == "call-1"
    assert conversation.provider == "livekit"
    assert conversation.agent.external_id == "front-desk"
    assert conversation.duration_seconds == 192
    assert conversation.ended_reason == "participant_disconnected"
    assert conversation.cost == Decimal("0.0421")
    assert conversation.name == "Ada"
    assert conversation.version == "12"
    assert conversation.metadata == {"region": "eu"}
    assert conversation.has_transcript
    assert conversation.turn_count == 2
    assert conversation.transcript.system_prompt == "Be kind."
    assert conversation.transcript.turns == body["transcript"]["turns"]
    delivery = Delivery.objects.get()
    assert delivery.outcome == "processed"
    assert delivery.conversation_id == conversation.id
    assert conversation.created_at == delivery.received_at


def test_posting_again_updates_the_call_in_place(post: Post, process: Process) -> None:
    post(session(metadata={"a": 1, "b": 1}, call={"endedReason": "first"}))
    process()
    first = Conversation.objects.get()
    post(
        session(
            transcript={"turns": []},
            metadata={"b": 2, "c": None},
            call={"durationSeconds": 7},
        )
    )
    process()

    again = Conversation.objects.select_related("transcript").get()
    assert again.id == first.id
    assert again.created_at == first.created_at
    assert again.updated_at > first.updated_at
    assert again.metadata == {"a": 1, "b": 2}
    assert again.ended_reason == "first"
    assert again.duration_seconds == 7
    assert len(again.transcript.turns or []) == 2


def test_a_call_is_charged_once(post: Post, process: Process) -> None:
    for _ in range(3):
        post(session())
        process()

    charge = Charge.objects.get()
    assert (charge.meter, charge.quantity) == ("calls", Decimal(1))
    assert charge.charged_at == Conversation.objects.get().created_at


def test_a_test_session_is_flagged_and_free(post: Post, process: Process) -> None:
    post(session(metadata={"zeltoTest": True}), **{"X-Zelto-Provider": "livekit"})
    process()

    assert Conversation.objects.get().is_test
    assert not Charge.objects.exists()
    assert not Connection.objects.exists()


def test_the_first_real_session_connects_its_provider(
    post: Post, process: Process
) -> None:
    post(session(), **{"X-Zelto-Provider": "livekit"})
    process()

    assert Connection.objects.get().provider == "livekit"


def test_the_first_name_that_arrives_names_the_agent(
    post: Post, process: Process
) -> None:
    for number, name in enumerate([None, "Front desk", "Reception"]):
        post(session(f"call-{number}", agent={"externalId": "a", "name": name}))
        process()

    assert Agent.objects.get().name == "Front desk"


def test_no_call_renames_what_a_person_named(post: Post, process: Process) -> None:
    post(session(agent={"externalId": "a", "name": "Sent"}))
    process()
    Agent.objects.update(name="Ours", named_by_sequence=None)
    post(session("call-2", agent={"externalId": "a", "name": "Sent again"}))
    process()

    assert Agent.objects.get().name == "Ours"


def test_another_agent_reference_moves_the_call(post: Post, process: Process) -> None:
    for agent in ("a", "b"):
        post(session(agent={"externalId": agent}))
        process()

    assert Conversation.objects.get().agent.external_id == "b"


def test_one_id_under_two_providers_is_two_calls_and_a_warning(
    post: Post, process: Process
) -> None:
    post(session())
    process()
    post(session(), **{"X-Zelto-Provider": "livekit"})
    process()

    assert Conversation.objects.count() == 2
    (warning,) = Delivery.objects.get(provider="livekit").warnings
    assert warning["path"] == "call.externalId"
    assert "zelto" in warning["detail"]
    assert Delivery.objects.get(provider="zelto").warnings == []


def test_a_delivery_that_comes_late_is_put_in_its_place(
    organization: Organization, process: Process
) -> None:
    later = append(organization, session(call={"endedReason": "later"}), 20)
    process()
    before = Conversation.objects.get()
    append(
        organization,
        session(call={"endedReason": "earlier", "durationSeconds": 5}),
        10,
    )
    process()

    conversation = Conversation.objects.get()
    assert conversation.updated_at > before.updated_at
    assert conversation.ended_reason == "later"
    assert conversation.duration_seconds == 5
    assert conversation.applied_through == later.sequence


def test_a_delivery_that_waited_is_told_though_a_recording_came_between(
    post: Post, process: Process
) -> None:
    post(session())
    process()
    post(session(call={"endedReason": "later"}))
    stored_at = timezone.now()
    Conversation.objects.update(has_audio=True, updated_at=stored_at)
    process()

    conversation = Conversation.objects.get()
    assert conversation.ended_reason == "later"
    assert conversation.updated_at > stored_at


def append(
    organization: Organization, payload: Any, sequence: int, **fields: Any
) -> Delivery:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return Delivery.objects.create(
        sequence=sequence,
        organization=organization,
        provider="zelto",
        external_id=session()["call"]["externalId"],
        status=200,
        outcome="accepted",
        body=body,
        size=len(body),
        **fields,
    )


def test_one_poisonous_delivery_fails_alone(
    organization: Organization, post: Post, process: Process
) -> None:
    # Its sequence is apart from those of the posts.
    poison = append(organization, b"{not json", 10**9)
    for number in range(5):
        post(session(f"call-{number}"))
    process()

    assert Conversation.objects.count() == 5
    poison.refresh_from_db()
    assert poison.outcome == "accepted"
    assert poison.attempts == 1
    assert "JSON" in poison.last_error
    assert poison.next_try_at is not None


def test_a_poisonous_delivery_blocks_no_other_of_its_call(
    organization: Organization, process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(organization, session(call={"cost": 1}), 1)
    append(organization, session(call={"durationSeconds": 66}), 2)
    apply = fold.apply

    def trip_over_the_first(state: Any, update: Any) -> Any:
        if update.cost is not None:
            raise ValueError("This one cannot be applied.")
        return apply(state, update)

    monkeypatch.setattr("conversations.projection.fold.apply", trip_over_the_first)
    process()

    assert Conversation.objects.get().duration_seconds == 66
    assert Delivery.objects.get(sequence=1).last_error == "This one cannot be applied."
    assert Delivery.objects.get(sequence=2).outcome == "processed"


def test_it_gives_up_after_the_fifth_try_and_says_why(
    organization: Organization, process: Process
) -> None:
    poison = append(organization, b"[]", 1)
    for _ in range(5):
        Delivery.objects.update(next_try_at=None)
        process()

    poison.refresh_from_db()
    assert poison.outcome == "failed"
    assert "object" in poison.reason
    assert poison.attempts == 5


def test_it_gives_up_on_what_kills_its_worker_each_time(
    organization: Organization, process: Process
) -> None:
    poison = append(organization, session(), 1, attempts=5)
    process()

    poison.refresh_from_db()
    assert poison.outcome == "failed"
    assert "interrupted" in poison.reason


def test_what_a_dead_worker_held_comes_back_when_its_lease_ends(
    organization: Organization, process: Process
) -> None:
    held = append(organization, session(), 1)
    assert claims.claim_fresh(10)
    process()
    assert not Conversation.objects.exists()

    Delivery.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    process()
    held.refresh_from_db()
    assert (held.outcome, held.attempts) == ("processed", 2)


def test_a_clock_that_was_set_back_holds_nothing_up(
    organization: Organization, process: Process
) -> None:
    future = timezone.now() + timedelta(days=3)
    append(organization, session(), 1, attempts=1, lease_until=future)
    process()

    assert Conversation.objects.exists()


def test_a_database_that_goes_away_fails_no_delivery(
    organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    append(organization, session(), 1)

    def away(*_: object, **__: object) -> None:
        raise OperationalError("away")

    monkeypatch.setattr("integrations.processing.worker.store_calls", away)
    with pytest.raises(OperationalError):
        processing_worker.process_batch()

    delivery = Delivery.objects.get()
    assert (delivery.outcome, delivery.last_error) == ("accepted", "")


def test_it_reads_a_large_batch_in_bounded_pieces(
    organization: Organization, process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("integrations.processing.worker.CHUNK_BYTES", 500)
    sizes: list[int] = []
    together = processing_worker._process_together

    def note(chunk: list[Claimed]) -> None:
        sizes.append(len(chunk))
        together(chunk)

    monkeypatch.setattr("integrations.processing.worker._process_together", note)
    for number in range(6):
        append(organization, session(), number + 1)
    process()

    assert sum(sizes) == 6
    assert max(sizes) < 6


def test_it_notes_when_a_key_was_last_used(
    post: Post, process: Process, organization: Organization, make_key: MakeKey
) -> None:
    post(session())
    assert ApiKey.objects.get().last_used_at is None
    process()

    assert ApiKey.objects.get().last_used_at == Delivery.objects.get().received_at
