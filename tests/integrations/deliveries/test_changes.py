"""What each delivery of a call changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from integrations.deliveries import changes
from integrations.deliveries.changes import changes_by
from integrations.models import Delivery
from tests.integrations.conftest import Post, session

pytestmark = pytest.mark.django_db(transaction=True)
Process = Callable[[], None]
Told = Callable[..., list[str]]


def body(**fields: Any) -> dict[str, Any]:
    """Of one call, and nothing else but what is given."""
    return {
        "call": {"externalId": "call-1", **fields.pop("call", {})},
        "agent": {"externalId": "front-desk"},
        **fields,
    }


def turns(*texts: str) -> dict[str, Any]:
    return {"turns": [{"role": "user", "content": text} for text in texts]}


def sentences() -> list[str]:
    found = changes_by(list(Delivery.objects.newest_first().without_bodies()))
    return [found[sequence].sentence for sequence in sorted(found)]


@pytest.fixture
def told(post: Post, process: Process) -> Told:
    """What is said of these bodies, posted one after another."""

    def tell(*bodies: dict[str, Any]) -> list[str]:
        for each in bodies:
            assert post(each).status_code == 200
        process()
        return sentences()

    return tell


def test_the_first_brings_what_there_is(told: Told) -> None:
    first = body(
        call={"endedReason": "hung up", "customer": {"name": "Ada"}},
        transcript=turns("a"),
        metadata={"campaign": 1},
        systemPrompt="Be kind.",
    )
    assert told(first) == [
        "Brought 1 turn, ended reason, customer, system prompt, metadata (campaign)."
    ]
    assert told(body()) == [sentences()[0], "Changed nothing."]


def test_a_repost_changes_what_differs(told: Told) -> None:
    before = body(call={"cost": "0.1"}, metadata={"a": 1, "b": 2}, version="v1")
    after = body(call={"cost": "0.2"}, metadata={"a": 1, "b": 3}, version="v1")
    assert told(before, after)[1] == "Changed cost, metadata (b)."


def test_turns_are_told_by_their_number(told: Told) -> None:
    assert told(
        body(transcript=turns()),
        body(transcript=turns("a", "b")),
        body(transcript=turns("a", "b", "c")),
        body(transcript=turns("a", "b", "d")),
        body(transcript=turns()),
        body(transcript=turns("a")),
    ) == [
        "The first.",
        "Changed 2 turns.",
        "Changed 2 to 3 turns.",
        "Changed what is said in 3 turns.",
        "Changed nothing.",
        "Changed 3 to 1 turn.",
    ]


def test_another_agent_is_told(told: Told) -> None:
    moved = body() | {"agent": {"externalId": "back-office"}}
    assert told(body(), moved)[1] == "Changed agent."


def test_many_keys_are_counted(told: Told) -> None:
    many = body(metadata={f"k{number}": number for number in range(8)})
    assert told(many) == ["Brought metadata (k0, k1, k2, k3, k4 and 3 more)."]


def test_only_what_was_processed_is_compared(told: Told, post: Post) -> None:
    told(body(version="v1"))
    post(session(transcript={"turns": "x"}))
    post(body(version="v2"))
    assert sentences() == ["Brought agent version."]


def test_it_ends_before_the_first_body_that_is_gone(told: Told) -> None:
    told(*(body(version=f"v{number}") for number in range(3)))
    second = Delivery.objects.order_by("sequence")[1]
    Delivery.objects.filter(pk=second.pk).update(body=None)
    assert sentences() == ["Brought agent version."]


def test_large_ones_are_not_read(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    told(body())
    monkeypatch.setattr(changes, "MAX_BYTES", 10)
    assert sentences() == []
