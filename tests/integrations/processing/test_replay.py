"""Processing one delivery again, whatever became of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import ApiKey, Organization, User
from conversations.models import Agent, Charge, Conversation
from integrations.delivery_log import jobs
from integrations.delivery_log import read as history
from integrations.erasure.erase import erase_conversation
from integrations.models import Delivery
from integrations.processing.replay import (
    NothingToReplay,
    StillRefused,
    replay_delivery,
)
from tests.integrations.conftest import Post, session

pytestmark = pytest.mark.django_db(transaction=True)
Process = Callable[[], None]


@pytest.fixture(autouse=True)
def replay_wakeups(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    sent: list[None] = []
    monkeypatch.setattr(
        "integrations.processing.replay.wake_worker", lambda: sent.append(None)
    )
    return sent


def only_delivery() -> Delivery:
    return Delivery.objects.get()


def columns(delivery: Delivery) -> dict[str, Any]:
    return dict(Delivery.objects.values().get(pk=delivery.pk))


def refused(organization: Organization, body: Any, **fields: Any) -> Delivery:
    data = json.dumps(body).encode()
    fields.setdefault("provider", "zelto")
    return Delivery.objects.create(
        organization=organization,
        status=422,
        outcome="rejected",
        reason="It did not fit then.",
        body=data,
        size=len(data),
        user_agent="worker/1",
        request_id="first",
        **fields,
    )


def test_a_processed_one_folds_its_call_again(
    post: Post, process: Process, alice: User, replay_wakeups: list[None]
) -> None:
    for number in range(2):
        post(session(metadata={f"k{number}": number}))
        process()
    Conversation.objects.update(metadata={"k0": "damaged"}, turn_count=9)
    first = Delivery.objects.order_by("sequence")[0]
    before = columns(first)

    assert replay_delivery(delivery=first, by=alice) == first

    conversation = Conversation.objects.get()
    assert conversation.metadata == {"k0": 0, "k1": 1}
    assert conversation.turn_count == 2
    assert columns(first) == before
    assert not replay_wakeups
    assert Charge.objects.count() == 1


def test_a_call_that_lost_another_body_stays_as_it_is(
    post: Post, process: Process
) -> None:
    for _ in range(2):
        post(session())
    process()
    first, second = Delivery.objects.order_by("sequence")
    Delivery.objects.filter(pk=first.pk).update(body=None)
    Conversation.objects.update(turn_count=9)

    with pytest.raises(NothingToReplay, match="Another body"):
        replay_delivery(delivery=second, by=None)
    assert Conversation.objects.get().turn_count == 9


def large_call(
    post: Post, process: Process, monkeypatch: pytest.MonkeyPatch
) -> tuple[Delivery, Delivery]:
    """Make a call of two posts whose past a web process leaves to a worker, and damage
    its conversation.
    """
    for number in range(2):
        post(session(metadata={f"k{number}": number}))
        process()
    monkeypatch.setattr(history, "MAX_SMALL_BYTES", 1)
    Conversation.objects.update(metadata={}, turn_count=9)
    first, second = Delivery.objects.order_by("sequence")
    return first, second


def test_a_large_call_is_folded_again_by_a_worker(
    post: Post,
    process: Process,
    replay_wakeups: list[None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first, second = large_call(post, process, monkeypatch)
    before = columns(first)

    for times in (1, 2):
        replayed = replay_delivery(delivery=first, by=None)
        assert replayed.is_replayed
        assert replayed.outcome == "processed"
        assert len(replay_wakeups) == times
    assert Conversation.objects.get().metadata == {}
    process()

    conversation = Conversation.objects.get()
    assert (conversation.metadata, conversation.turn_count) == ({"k0": 0, "k1": 1}, 2)
    assert columns(first) == before
    assert not Delivery.objects.get(pk=second.pk).is_replayed
    assert Charge.objects.count() == 1


def test_a_large_call_that_lost_a_body_is_no_work_for_a_worker(
    post: Post, process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = large_call(post, process, monkeypatch)
    Delivery.objects.filter(pk=second.pk).update(body=None)
    with pytest.raises(NothingToReplay, match="Another body"):
        replay_delivery(delivery=first, by=None)
    assert not Delivery.objects.get(pk=first.pk).is_replayed


@pytest.mark.parametrize(
    ("body", "reason"),
    [(None, "Another body of its call is gone"), (b"[]", "Its call cannot be read")],
)
def test_a_worker_says_why_a_large_call_stays_as_it_is(
    post: Post,
    process: Process,
    monkeypatch: pytest.MonkeyPatch,
    body: bytes | None,
    reason: str,
) -> None:
    first, second = large_call(post, process, monkeypatch)
    replay_delivery(delivery=first, by=None)
    Delivery.objects.filter(pk=second.pk).update(body=body)
    process()

    first.refresh_from_db()
    assert (first.outcome, first.is_replayed) == ("processed", False)
    assert first.last_error.startswith(reason)
    assert Conversation.objects.get().turn_count == 9


def test_a_large_replay_that_kills_its_worker_ends(
    post: Post, process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = large_call(post, process, monkeypatch)
    replay_delivery(delivery=first, by=None)
    Delivery.objects.filter(pk=first.pk).update(attempts=5)
    process()

    first.refresh_from_db()
    assert (first.outcome, first.is_replayed) == ("processed", False)
    assert "interrupted each time" in first.last_error


def test_a_large_replay_of_a_call_that_is_erased_meanwhile_finds_nothing(
    post: Post, process: Process, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = large_call(post, process, monkeypatch)
    replay_delivery(delivery=first, by=None)
    erase_conversation(conversation=Conversation.objects.get(), by=alice)
    process()
    assert not Conversation.objects.exists()
    assert not Delivery.objects.get(pk=first.pk).is_replayed


@pytest.mark.parametrize("outcome", ["accepted", "processed", "failed", "rejected"])
def test_without_a_body_there_is_nothing_to_replay(
    organization: Organization, outcome: str
) -> None:
    delivery = Delivery.objects.create(
        organization=organization, status=200, outcome=outcome
    )
    with pytest.raises(NothingToReplay, match="body is gone"):
        replay_delivery(delivery=delivery, by=None)


def test_an_ignored_one_stays_ignored(organization: Organization) -> None:
    delivery = refused(organization, session())
    Delivery.objects.update(outcome="ignored")
    with pytest.raises(NothingToReplay, match="ignored"):
        replay_delivery(delivery=delivery, by=None)


def test_a_body_that_no_longer_reads_is_still_refused(
    post: Post, process: Process
) -> None:
    post(session())
    process()
    Delivery.objects.update(body=b'{"call": 1}')
    with pytest.raises(StillRefused, match="read again") as caught:
        replay_delivery(delivery=only_delivery(), by=None)
    assert caught.value.status == 422


def test_a_failed_one_is_tried_again(
    post: Post,
    process: Process,
    replay_wakeups: list[None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    post(session())
    with monkeypatch.context() as broken:
        broken.setattr(jobs, "MAX_ATTEMPTS", 1)
        broken.setattr(history, "read", lambda *_: 1 / 0)
        process()
    assert only_delivery().outcome == "failed"

    replayed = replay_delivery(delivery=only_delivery(), by=None)

    assert (replayed.outcome, replayed.attempts) == ("accepted", 0)
    assert replayed.reason == ""
    assert replayed.processed_at is None
    assert replay_wakeups
    process()
    assert only_delivery().outcome == "processed"
    assert Conversation.objects.count() == 1


FAILED_ONE: dict[str, Any] = {
    "call": {"endedReason": "old", "customer": {"name": "Ada"}},
    "agent": {"externalId": "old-desk"},
    "version": "old",
    "systemPrompt": "Be brief.",
    "metadata": {"room": "old", "shift": "late"},
    "transcript": {"turns": [{"role": "user", "content": "Old words."}]},
}
LATER_ONE: dict[str, Any] = {
    "call": {"endedReason": "new"},
    "version": "new",
    "metadata": {"room": "new"},
}


def _failed_between(post: Post, process: Process, last: dict[str, Any]) -> Delivery:
    """Post a call thrice, of which the second fails and the first expires."""
    post(session(call={"cost": "0.10"}, transcript={"turns": []}))
    post(session(**FAILED_ONE))
    failed = Delivery.objects.latest("sequence")
    post(session(**last))
    Delivery.objects.filter(pk=failed.pk).update(outcome="failed")
    process()
    Delivery.objects.filter(sequence__lt=failed.sequence).update(body=None)
    return failed


def test_a_failed_one_puts_nothing_old_over_new_where_an_earlier_body_expired(
    post: Post, process: Process
) -> None:
    failed = _failed_between(post, process, LATER_ONE)
    before = Conversation.objects.get()

    replay_delivery(delivery=failed, by=None)
    process()

    row = Conversation.objects.get()
    assert (row.ended_reason, row.version) == ("new", "new")
    assert row.agent_id == before.agent_id
    assert row.applied_through == before.applied_through
    assert row.turn_count == 2
    assert row.customer_name == "Ada"
    assert row.metadata == {"room": "new", "shift": "late"}
    assert row.transcript.system_prompt == "Be brief."


def test_it_is_the_same_where_a_worker_was_slow_and_nobody_asked(
    post: Post, process: Process
) -> None:
    failed = _failed_between(post, process, LATER_ONE)
    Delivery.objects.filter(pk=failed.pk).update(outcome="accepted", attempts=1)
    process()
    assert Conversation.objects.get().version == "new"


def test_it_fills_in_the_turns_of_a_call_that_has_none(
    post: Post, process: Process
) -> None:
    failed = _failed_between(post, process, {"transcript": {"turns": []}})
    replay_delivery(delivery=failed, by=None)
    process()
    (turn,) = Conversation.objects.get().transcript.turns or []
    assert turn["content"] == "Old words."


def test_it_says_that_it_filled_in_only_what_was_absent(
    post: Post, process: Process
) -> None:
    failed = _failed_between(post, process, LATER_ONE)
    replay_delivery(delivery=failed, by=None)
    process()
    failed.refresh_from_db()
    assert failed.outcome == "processed"
    (warning,) = failed.warnings
    assert "only what was absent" in warning["detail"]


def test_a_waiting_one_is_only_announced(
    post: Post, replay_wakeups: list[None]
) -> None:
    post(session())
    before = columns(only_delivery())
    replay_delivery(delivery=only_delivery(), by=None)
    assert columns(only_delivery()) == before
    assert replay_wakeups


def test_a_refused_one_that_fits_now_becomes_a_new_delivery(
    organization: Organization, key: str, process: Process, replay_wakeups: list[None]
) -> None:
    sender = ApiKey.objects.get()
    old = refused(organization, session(unknown=1), key=sender)
    before = columns(old)

    new = replay_delivery(delivery=old, by=None)

    assert new.pk != old.pk and new.uuid != old.uuid
    assert columns(old) == before
    assert (new.outcome, new.status) == ("accepted", 200)
    assert new.replay_of == old.uuid
    assert str(old.uuid) in new.reason
    assert new.received_at > old.received_at
    assert (new.agent_reference, new.external_id) == ("front-desk", "call-1")
    assert (new.key_id, new.user_agent, new.size) == (sender.id, "worker/1", old.size)
    assert [one["path"] for one in new.warnings] == ["unknown"]
    assert replay_wakeups
    process()
    new.refresh_from_db()
    assert new.outcome == "processed"
    assert str(old.uuid) in new.reason
    assert Conversation.objects.get().created_at == new.received_at
    sender.refresh_from_db()
    assert sender.last_used_at is None  # nobody used it


def test_replaying_a_refused_one_twice_does_no_harm(
    organization: Organization, process: Process
) -> None:
    old = refused(organization, session())
    for _ in range(2):
        replay_delivery(delivery=old, by=None)
        process()
    assert Conversation.objects.count() == 1
    assert Charge.objects.count() == 1
    assert Delivery.objects.filter(outcome="processed").count() == 2


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"agent": {"externalId": "a"}, "transcript": {}}, "call"),
        (session(transcript={"turns": [{"role": "x"}]}), "transcript.turns[0].role"),
    ],
)
def test_what_still_does_not_fit_is_refused_as_at_the_door(
    organization: Organization, post: Post, body: Any, path: str
) -> None:
    answer = post(body).json()
    with pytest.raises(StillRefused) as caught:
        replay_delivery(delivery=only_delivery(), by=None)
    assert caught.value.status == answer["status"] == 422
    assert caught.value.detail == answer["detail"]
    assert list(caught.value.errors) == answer["errors"]
    assert caught.value.errors[0]["path"] == path
    assert Delivery.objects.count() == 1


def test_what_is_not_json_is_still_refused(post: Post) -> None:
    post(b"{")
    with pytest.raises(StillRefused) as caught:
        replay_delivery(delivery=only_delivery(), by=None)
    assert caught.value.status == 400
    assert Delivery.objects.count() == 1


def test_what_holds_too_much_is_still_refused(
    organization: Organization, process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivery = refused(organization, session(metadata={"a": [[]] * 200}))
    monkeypatch.setattr("integrations.request_body.MAX_CONTAINERS", 100)
    with pytest.raises(StillRefused, match="100 objects and lists") as caught:
        replay_delivery(delivery=delivery, by=None)
    assert caught.value.status == 413

    Delivery.objects.update(outcome="accepted", attempts=jobs.MAX_ATTEMPTS - 1)
    process()
    assert only_delivery().outcome == "failed"
    assert "100 objects and lists" in only_delivery().last_error


def test_an_agent_of_another_organization_is_refused(
    organization: Organization, other_organization: Organization
) -> None:
    agents = [
        Agent.objects.create(organization=owner, provider="zelto", external_id="x")
        for owner in (organization, other_organization)
    ]
    ours, theirs = (
        refused(organization, session(agentId=str(agent.id))) for agent in agents
    )
    with pytest.raises(StillRefused) as caught:
        replay_delivery(delivery=theirs, by=None)
    assert caught.value.status == 422
    assert caught.value.errors[0]["path"] == "agentId"
    assert replay_delivery(delivery=ours, by=None).outcome == "accepted"


def test_the_provider_that_was_refused_can_be_named(organization: Organization) -> None:
    old = refused(organization, session(), provider="")
    for named in (None, "", "twilio"):
        with pytest.raises(StillRefused) as caught:
            replay_delivery(delivery=old, by=None, provider=named)
        assert caught.value.status == 400
        assert "livekit, zelto" in caught.value.detail
    assert replay_delivery(delivery=old, by=None, provider="LiveKit").provider == (
        "livekit"
    )


def test_a_replay_that_fails_still_names_what_it_stands_for(
    organization: Organization, process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = refused(organization, session())
    new = replay_delivery(delivery=old, by=None)
    link = new.reason
    with monkeypatch.context() as broken:
        broken.setattr(jobs, "MAX_ATTEMPTS", 1)
        broken.setattr(history, "read", lambda *_: 1 / 0)
        process()
    new.refresh_from_db()
    assert new.outcome == "failed"
    assert new.reason == f"{link} division by zero"

    assert replay_delivery(delivery=new, by=None).reason == link
    process()
    new.refresh_from_db()
    assert (new.outcome, new.reason) == ("processed", link)


def test_what_it_stands_for_is_known_whatever_the_reason_says(
    organization: Organization, key: str, process: Process
) -> None:
    sender = ApiKey.objects.get()
    old = refused(organization, session(), key=sender)
    new = replay_delivery(delivery=old, by=None)
    Delivery.objects.filter(pk=new.pk).update(outcome="failed", reason="In other words")

    again = replay_delivery(delivery=new, by=None)

    assert (again.replay_of, again.reason) == (old.uuid, f"Replay of {old.uuid}.")
    Delivery.objects.filter(pk=new.pk).update(reason="")
    process()
    sender.refresh_from_db()
    assert sender.last_used_at is None  # a replay is no use of it


def test_a_reason_alone_makes_no_replay(
    organization: Organization, key: str, process: Process
) -> None:
    sender = ApiKey.objects.get()
    row = refused(organization, session(), key=sender)
    Delivery.objects.filter(pk=row.pk).update(
        outcome="accepted", reason=f"Replay of {row.uuid}."
    )
    process()
    sender.refresh_from_db()
    assert sender.last_used_at is not None
