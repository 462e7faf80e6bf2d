"""LiveKit's function calls and their results as turns."""

from __future__ import annotations

import pytest

from tests.integrations.bodies import items, only_turn, taken


def call(**fields):
    return {"type": "function_call", "call_id": "c1", "name": "look", **fields}


def result(**fields):
    return {"type": "function_call_output", "call_id": "c1", **fields}


def test_a_call_and_its_result_are_two_turns_with_one_id():
    update = taken(
        items(
            call(arguments='{"a": 1}', id="i1", group_id=None),
            result(name="look", output="found", is_error=False, reply_required=True),
        ),
        "livekit",
    )
    assert update.turns == [
        {
            "id": "i1",
            "role": "tool",
            "kind": "call",
            "toolName": "look",
            "toolCallId": "c1",
            "content": 'look({"a": 1})',
            "arguments": '{"a": 1}',
        },
        {
            "role": "tool",
            "kind": "result",
            "toolName": "look",
            "toolCallId": "c1",
            "content": "found",
            "isError": False,
        },
    ]


@pytest.mark.parametrize(
    ("arguments", "content"),
    [(None, "look()"), ("", "look()"), ({"a": "é"}, 'look({"a": "é"})')],
)
def test_arguments_may_be_of_any_kind(arguments, content):
    turn = only_turn(call(arguments=arguments))
    assert turn["content"] == content
    assert turn.get("arguments") == arguments


@pytest.mark.parametrize("name", [None, ""])
def test_a_result_without_a_name_has_the_one_of_its_call(name):
    sent = items(
        call(call_id="c2", name="other"),
        call(),
        result(name=name),
        result(call_id="c3"),
    )
    turns = taken(sent, "livekit").turns or []
    assert [turn.get("toolName") for turn in turns] == ["other", "look", "look", None]


@pytest.mark.parametrize(
    ("output", "content"), [("", ""), (None, ""), ({"a": 1}, '{"a": 1}'), (3, "3")]
)
def test_a_result_may_be_of_any_kind(output, content):
    assert only_turn(result(output=output))["content"] == content


def test_a_failed_result_says_so():
    assert only_turn(result(output="404", is_error=True))["isError"] is True
