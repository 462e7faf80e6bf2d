"""Turns: what is read, what is kept verbatim, and in which order."""

from __future__ import annotations

import pytest

from integrations.providers import read
from tests.integrations.bodies import body, recorded, taken, turns, warned


def turn(**fields):
    return {"role": "user", "content": "hi", **fields}


def only_turn(payload):
    (result,) = taken(payload).turns or []
    return result


@pytest.mark.parametrize(
    ("sent", "role"),
    [
        ("user", "user"),
        ("assistant", "assistant"),
        ("system", "system"),
        ("tool", "tool"),
        ("developer", "system"),
    ],
)
def test_it_knows_the_roles(sent, role):
    assert only_turn(turns({"role": sent, "content": "hi"})) == {
        "role": role,
        "content": "hi",
    }


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("", ""),
        (" hi ", " hi "),
        (None, ""),
        ([], ""),
        (["a"], "a"),
        (["a", "", "b"], "a\n\nb"),
        (["a", {"type": "image"}, "b", None], "a\nb"),
        ([{"type": "text", "text": "a"}], "a"),
        ({"text": "hi"}, "hi"),
        (12, "12"),
        (1.5, "1.5"),
    ],
)
def test_content_is_given_back_as_text(content, text):
    assert only_turn(turns({"role": "user", "content": content}))["content"] == text


def test_content_may_be_absent():
    assert only_turn(turns({"role": "tool"})) == {"role": "tool", "content": ""}


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (True, ""),
        ({"words": "hi"}, ""),
        (["a", {"type": "text"}, "b", None], "a\nb"),
        ([{"type": "text", "said": "a"}], ""),
        ([1], ""),
    ],
)
def test_content_that_is_no_text_is_dropped_with_a_warning(content, text):
    update, (path, detail) = warned(turns(turn(), turn(content=content)))
    assert path == "transcript.turns[1].content"
    assert "dropped" in detail
    assert [one["content"] for one in update.turns or []] == ["hi", text]


def test_long_content_is_kept():
    assert only_turn(turns(turn(content="x" * 1_000_000)))["content"] == "x" * 1_000_000


def test_an_empty_list_is_a_silent_caller():
    assert taken(turns()).turns == []


@pytest.mark.parametrize("transcript", [None, {}, {"turns": None}])
def test_no_turns_are_no_transcript(transcript):
    assert taken(body(transcript=transcript)).turns is None


def test_known_keys_are_kept():
    sent = turn(
        id="item_1",
        timestamp="2026-11-22T12:31:46.038+01:00",
        startedAt=1_795_350_708,
        endedAt="1795350709.5",
        startSeconds=3,
        endSeconds=4.5,
        interrupted=True,
        metrics={"e2e_latency": 0.8, "deep": {"a": [None]}},
        kind="call",
        toolName="lookup",
        toolCallId="call_1",
        isError=False,
    )
    assert only_turn(turns(sent)) == sent


@pytest.mark.parametrize("value", ["{}", "", {"a": [1, None]}, [1], 3, False, [""]])
def test_arguments_are_any_json_kept_as_sent(value):
    assert only_turn(turns(turn(arguments=value)))["arguments"] == value


def test_other_keys_are_kept_verbatim_without_a_word():
    sent = turn(
        tool_calls=[{"id": 1}], name=None, note="", confidence=0.9, x={"y": None}
    )
    assert only_turn(turns(sent)) == sent


@pytest.mark.parametrize(
    "key",
    [
        *("id", "timestamp", "startedAt", "endedAt", "startSeconds", "endSeconds"),
        *("interrupted", "metrics", "kind", "toolName", "toolCallId", "isError"),
    ],
)
def test_a_known_key_that_is_null_or_empty_is_absent(key):
    assert only_turn(turns(turn(**{key: None}))) == turn()
    assert only_turn(turns(turn(**{key: ""}))) == turn()


def test_null_arguments_are_absent():
    assert only_turn(turns(turn(arguments=None))) == turn()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("id", True),
        ("kind", {}),
        ("toolName", []),
        ("timestamp", "soon"),
        ("timestamp", True),
        ("timestamp", -1),
        ("timestamp", 1e11),
        ("startedAt", "then"),
        ("endedAt", {}),
        ("startSeconds", -1),
        ("startSeconds", "x"),
        ("startSeconds", True),
        ("startSeconds", 31_536_001),
        ("endSeconds", 1e300),
        ("startSeconds", "1e999"),
        ("interrupted", 1),
        ("isError", "true"),
        ("metrics", []),
        ("metrics", "x"),
        ("endSeconds", []),
        ("toolCallId", {}),
    ],
)
def test_a_known_key_that_does_not_fit_is_dropped(key, value):
    update, (path, detail) = warned(turns(turn(**{key: value})))
    assert update.turns == [turn()]
    assert path == f"transcript.turns[0].{key}"
    assert detail.endswith("it was dropped")


@pytest.mark.parametrize(
    ("key", "value", "read_as"),
    [
        ("id", 12, "12"),
        ("toolCallId", 1.5, "1.5"),
        ("toolName", 3, "3"),
        ("startSeconds", "3.25", 3.25),
    ],
)
def test_a_lossless_reading_is_no_warning(key, value, read_as):
    assert only_turn(turns(turn(**{key: value}))) == turn(**{key: read_as})


def said(payload):
    return [one["content"] for one in taken(payload).turns or []]


def test_with_a_timestamp_on_every_turn_they_are_put_in_time_order():
    payload = turns(
        turn(content="c", timestamp="2026-11-22T12:00:03Z"),
        turn(content="a", timestamp="2026-11-22T14:00:01+02:00"),
        turn(content="b", timestamp="2026-11-22T12:00:02"),
    )
    assert said(payload) == ["a", "b", "c"]


def test_the_order_of_equal_times_is_the_order_sent():
    payload = turns(
        turn(content="z", timestamp=1_795_350_709),
        turn(content="b", timestamp=1_795_350_708),
        turn(content="a", timestamp="1795350708"),
        turn(content="c", timestamp=1_795_350_708_000),
    )
    assert said(payload) == ["b", "a", "c", "z"]


@pytest.mark.parametrize("missing", [{}, {"timestamp": None}, {"timestamp": ""}])
def test_where_one_timestamp_is_missing_the_order_is_the_order_sent(missing):
    payload = turns(
        turn(content="b", timestamp=1_795_350_709),
        turn(content="a", timestamp=1_795_350_708),
        turn(content="c") | missing,
    )
    assert said(payload) == ["b", "a", "c"]


def test_a_dropped_timestamp_is_a_missing_one():
    payload = turns(
        turn(content="b", timestamp=1_795_350_709),
        turn(content="a", timestamp=1_795_350_708),
        turn(content="c", timestamp="soon"),
    )
    update, _ = warned(payload)
    assert [one["content"] for one in update.turns or []] == ["b", "a", "c"]


@pytest.mark.parametrize("name", ["order", "tool_error", "handoff", "interrupted"])
def test_it_takes_the_recorded_bodies_as_they_are(name):
    payload = recorded(f"{name}.canonical.json")
    for provider in ("zelto", "livekit"):
        reading = read(provider, payload)
        assert (reading.errors, reading.warnings) == ([], [])
        assert reading.update is not None
        assert reading.update.turns == payload["transcript"]["turns"]
        assert reading.update.metadata == payload["metadata"]
        assert reading.update.duration_seconds == payload["call"]["durationSeconds"]
