"""LiveKit's own chat items as turns."""

from __future__ import annotations

import json

import pytest

from integrations.providers import read
from tests.integrations.bodies import (
    body,
    items,
    only_turn,
    paths,
    recorded,
    taken,
    warned,
)


def message(content="hi", role="user", **fields):
    return {"type": "message", "role": role, "content": content, **fields}


@pytest.mark.parametrize("name", ["order", "tool_error", "handoff", "interrupted"])
def test_a_recorded_history_comes_to_the_turns_of_the_rich_body(name):
    history = recorded(f"{name}.session_report.json")["chat_history"]
    rich = recorded(f"{name}.canonical.json")
    update = taken(body(transcript=history), "livekit")

    def without_times(turns):
        # The recorded pair was written on two clocks.
        dropped = {"timestamp", "startedAt", "endedAt"}
        return [
            {key: turn[key] for key in turn if key not in dropped}
            for turn in turns
            if turn.get("kind") != "config_update"
        ]

    assert without_times(update.turns) == without_times(rich["transcript"]["turns"])
    assert update.system_prompt == rich["systemPrompt"]


def test_a_message_is_a_turn():
    sent = message(
        ["Hello.", "Bye."],
        "assistant",
        id=12,
        interrupted=True,
        created_at=1795350708.25,
        transcript_confidence=0.75,
        extra={"is_summary": True},
        metrics={
            "started_speaking_at": 1795350708.5,
            "stopped_speaking_at": 1795350709,
            "e2e_latency": 0.81,
        },
        hash=None,
    )
    assert only_turn(sent) == {
        "id": "12",
        "timestamp": "2026-11-22T12:31:48.250000+00:00",
        "role": "assistant",
        "content": "Hello.\nBye.",
        "interrupted": True,
        "metrics": sent["metrics"],
        "startedAt": "2026-11-22T12:31:48.500000+00:00",
        "endedAt": "2026-11-22T12:31:49.000000+00:00",
        "transcriptConfidence": 0.75,
        "extra": {"is_summary": True},
    }


def test_what_says_nothing_is_left_out():
    sent = message(interrupted=False, metrics={}, extra={}, created_at=None)
    assert only_turn(sent) == {"role": "user", "content": "hi"}


@pytest.mark.parametrize(
    ("content", "text"), [("hi", "hi"), ([], ""), (None, ""), (["a", "b"], "a\nb")]
)
def test_a_message_may_have_any_content(content, text):
    assert only_turn(message(content))["content"] == text


@pytest.mark.parametrize("content", [["a", {"type": "text"}], ["a", True]])
def test_parts_that_are_no_text_are_dropped_with_a_warning(content):
    update, (path, detail) = warned(items(message(content)), "livekit")
    assert update.turns == [{"role": "user", "content": "a"}]
    assert path == "transcript.items[0].content"
    assert "dropped" in detail


def test_a_developer_is_read_as_system():
    assert only_turn(message(role="developer"))["role"] == "system"


@pytest.mark.parametrize("role", ["narrator", None, 3, "tool", []])
def test_an_unknown_role_becomes_system_with_a_warning(role):
    update, (path, _) = warned(items(message(), message(role=role)), "livekit")
    assert [turn["role"] for turn in update.turns or []] == ["user", "system"]
    assert path == "transcript.items[1].role"


def handoff(new, old=None):
    return {"type": "agent_handoff", "old_agent_id": old, "new_agent_id": new}


def config(instructions=None, **fields):
    return {"type": "agent_config_update", "instructions": instructions, **fields}


@pytest.mark.parametrize("old", [None, ""])
def test_the_first_handoff_from_nobody_is_no_turn(old):
    assert taken(items(handoff("support", old)), "livekit").turns == []


def test_a_later_handoff_is_a_system_marker():
    assert only_turn(handoff("support"), handoff("billing", "support")) == {
        "role": "system",
        "kind": "handoff",
        "content": "handoff: support -> billing",
    }


def test_the_first_instructions_are_the_system_prompt_and_later_ones_markers():
    sent = items(
        config("You help."),
        message(),
        config("You bill.", tools_added=["b"], tools_removed=["c"]),
    )
    update = taken(sent, "livekit")
    assert update.system_prompt == "You help."
    assert (update.turns or [])[1:] == [
        {
            "role": "system",
            "kind": "config_update",
            "content": "You bill.",
            "toolsAdded": ["b"],
            "toolsRemoved": ["c"],
        }
    ]


def test_a_first_update_without_instructions_is_no_prompt():
    update = taken(items(config(tools_added=["a"]), config("You help.")), "livekit")
    assert update.system_prompt == "You help."
    assert len(update.turns or []) == 1


def test_instructions_that_are_no_text_are_dropped_with_a_warning():
    update, (path, _) = warned(items(config({"file": "prompt.txt"})), "livekit")
    assert update.system_prompt is None
    assert path == "transcript.items[0].instructions"


def test_an_item_with_a_role_and_no_type_is_a_message():
    assert only_turn({"role": "user", "content": "hi"}) == {
        "role": "user",
        "content": "hi",
    }


def test_a_system_prompt_that_was_sent_wins():
    sent = items(config("You help."), systemPrompt="Mine.")
    assert taken(sent, "livekit").system_prompt == "Mine."


@pytest.mark.parametrize("kind", ["memory_update", None, 3, ""])
def test_an_item_of_an_unknown_type_is_kept_as_a_marker_with_a_warning(kind):
    sent = {"type": kind, "content": "noted", "key": [1]}
    update, (path, _) = warned(items(message(), sent), "livekit")
    assert path == "transcript.items[1].type"
    (_, turn) = update.turns or []
    assert turn == {
        "role": "system",
        "kind": kind if kind == "memory_update" else "unknown",
        "content": "noted",
        "item": sent,
    }


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", {}),
        ("created_at", "soon"),
        ("created_at", -1),
        ("interrupted", "yes"),
        ("metrics", []),
        ("extra", "x"),
        ("transcript_confidence", "high"),
        ("content", {"words": "hi"}),
        ("content", True),
    ],
)
def test_what_does_not_fit_an_item_is_dropped_with_a_warning(field, value):
    update, (path, detail) = warned(items(message("") | {field: value}), "livekit")
    assert update.turns == [{"role": "user", "content": ""}]
    assert path == f"transcript.items[0].{field}"
    assert "dropped" in detail


@pytest.mark.parametrize("value", [3, None, "x", []])
def test_an_item_that_is_no_object_is_dropped_with_a_warning(value):
    update, (path, _) = warned(items(message(), value), "livekit")
    assert len(update.turns or []) == 1
    assert path == "transcript.items[1]"


@pytest.mark.parametrize("value", [{}, "x", 3, True])
def test_items_that_are_no_list_are_dropped_with_a_warning(value):
    update, (path, _) = warned(body(transcript={"items": value}), "livekit")
    assert update.turns is None
    assert path == "transcript.items"


def test_what_is_over_ten_thousand_is_cut_with_a_warning():
    many = [handoff("first"), *[message(str(index)) for index in range(10_001)]]
    update, (path, detail) = warned(items(*many), "livekit")
    assert [turn["content"] for turn in update.turns or []] == list(
        map(str, range(10_000))
    )
    assert path == "transcript.items"
    assert "10,000" in detail
    assert len(taken(items(*many[:-1]), "livekit").turns or []) == 10_000


def test_items_are_put_in_time_order():
    sent = items(
        message("b", created_at=1795350709.0), message("a", created_at=1795350708.0)
    )
    assert [turn["content"] for turn in taken(sent, "livekit").turns or []] == [
        "a",
        "b",
    ]


def test_turns_win_over_items():
    sent = body(
        transcript={
            "turns": [{"role": "user", "content": "mine"}],
            "items": [config("P")],
        }
    )
    update = taken(sent, "livekit")
    assert update.turns == [{"role": "user", "content": "mine"}]
    assert update.system_prompt == "P"


def test_text_that_no_database_holds_is_told_by_the_senders_own_path():
    update, (path, _) = warned(items(message(["a\0"])), "livekit")
    assert path == "transcript.items[0].content[0]"
    assert update.turns == [{"role": "user", "content": "a�"}]


def test_with_another_provider_items_are_an_unknown_key():
    update, (path, _) = warned(items(message()), "zelto")
    assert (update.turns, path) == (None, "transcript.items")


def test_the_node_sdks_spelling_is_read_too():
    sent = [
        {"type": "agent_handoff", "oldAgentId": "", "newAgentId": "a"},
        {"type": "agent_handoff", "oldAgentId": "a", "newAgentId": "b"},
        {"type": "function_call", "callId": "c", "name": "look", "args": "{}"},
        {
            "type": "function_call_output",
            "callId": "c",
            "output": "ok",
            "isError": True,
            "createdAt": 1795350708250,
        },
    ]
    handed, called, answered = taken(items(*sent), "livekit").turns or []
    assert handed["content"] == "handoff: a -> b"
    assert (called["content"], called["toolCallId"]) == ("look({})", "c")
    assert (answered["toolName"], answered["isError"]) == ("look", True)
    assert answered["timestamp"] == "2026-11-22T12:31:48.250000+00:00"


def test_all_misfits_of_items_are_told_at_once():
    sent = [message(role="x", id=[]), 3, {"type": "y"}]
    reading = read("livekit", items(*sent))
    assert paths(reading) == [
        "transcript.items[0].role",
        "transcript.items[0].id",
        "transcript.items[1]",
        "transcript.items[2].type",
    ]
    assert json.dumps(reading.update.turns if reading.update else None)
