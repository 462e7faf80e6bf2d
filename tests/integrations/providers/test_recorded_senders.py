"""What other senders' own libraries write, recorded once: `docs/compatibility.md` has
their versions."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.integrations.bodies import PAYLOADS, body, call, items, taken, turns

SAID = "I want to move my appointment"


def sent(name: str) -> Any:
    return json.loads((PAYLOADS / "senders" / f"{name}.json").read_text("utf-8"))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("pipecat", [SAID, "Look at this", "Audio follows"]),
        ("openai_agents", [SAID, "typed", "Sure", "Done", ""]),
        ("openai_chat_audio", ["Sure"]),
        ("langchain", [SAID, "Sure"]),
    ],
)
def test_turns_keep_their_words_and_nothing_is_warned_of(name: str, said: Any) -> None:
    read = taken(turns(*sent(name))).turns or []
    assert [turn["content"] for turn in read] == said


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("livekit_python", [SAID, "Look at this", "Done."]),
        ("livekit_node", [SAID, "Write.\nOnly spoken.", "Sure"]),
    ],
)
def test_items_keep_their_words_and_nothing_is_warned_of(name: str, said: Any) -> None:
    read = taken(items(*sent(name)), "livekit").turns or []
    assert [turn["content"] for turn in read] == said


def test_the_times_of_an_egress_are_those_of_a_call_and_its_recording() -> None:
    file = sent("livekit_egress")["file"]
    update = taken(call(startedAt=file["startedAt"], endedAt=file["endedAt"]))
    start = datetime(2025, 11, 28, 10, 0, 0, 123_457, tzinfo=UTC)
    assert (update.started_at, update.ended_at) == (start, start.replace(second=23))
    metadata = {"recordingStartedAt": file["startedAt"]}
    assert taken(body(metadata=metadata)).metadata == metadata
