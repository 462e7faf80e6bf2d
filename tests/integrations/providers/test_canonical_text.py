"""Text that no database holds, unknown keys, and how much is said about them."""

from __future__ import annotations

import json

import pytest

from integrations.providers import read
from integrations.providers.canonical.schema import CallBody
from tests.integrations.bodies import body, call, paths, taken, turns, warned


@pytest.mark.parametrize("bad", ["\0", "\ud800", "\udfff"])
@pytest.mark.parametrize(
    ("make", "path", "look"),
    [
        (lambda t: call(endedReason=t), "call.endedReason", lambda u: u.ended_reason),
        (
            lambda t: call(customer={"name": t}),
            "call.customer.name",
            lambda u: u.customer_name,
        ),
        (
            lambda t: body(agent={"externalId": "a", "name": t}),
            "agent.name",
            lambda u: u.agent.name,
        ),
        (lambda t: body(version=t), "version", lambda u: u.version),
        (lambda t: body(systemPrompt=t), "systemPrompt", lambda u: u.system_prompt),
        (
            lambda t: body(metadata={"a": [{"b": t}]}),
            "metadata.a[0].b",
            lambda u: u.metadata["a"][0]["b"],
        ),
        (
            lambda t: turns({"role": "user", "content": t}),
            "transcript.turns[0].content",
            lambda u: u.turns[0]["content"],
        ),
        (
            lambda t: turns({"role": "user", "own": {"deep": [t]}}),
            "transcript.turns[0].own.deep[0]",
            lambda u: u.turns[0]["own"]["deep"][0],
        ),
        (
            lambda t: call(recordingUrl=f"https://h/{t.strip('xy')}"),
            "call.recordingUrl",
            lambda u: f"x{u.recording_url.removeprefix('https://h/')}y",
        ),
    ],
)
def test_what_no_database_holds_is_replaced_with_a_warning(bad, make, path, look):
    update, (warned_path, detail) = warned(make(f"x{bad}y"))
    assert warned_path == path
    assert "U+FFFD" in detail
    assert look(update) == "x�y"


def test_keys_are_mended_too():
    update, (path, _) = warned(body(metadata={"a\0b": {"c": 1}}))
    assert update.metadata == {"a�b": {"c": 1}}
    assert path == "metadata.a�b"
    update, _ = warned(turns({"role": "user", "\ud800": 1}))
    assert update.turns == [{"role": "user", "�": 1, "content": ""}]


def test_whole_surrogate_pairs_and_escapes_in_text_are_left_alone():
    for text in ("😀", "\\u0000", "\\ud800", "�", "\x01\x85\u2028"):
        metadata = {"a": text}
        assert taken(body(metadata=metadata)).metadata == metadata


@pytest.mark.parametrize(
    ("payload", "path"),
    [
        (body(foo=1), "foo"),
        (body(foo=False), "foo"),
        (body(sessionReport={}), "sessionReport"),
        (call(foo=""), "call.foo"),
        (call(customer={"foo": 1}), "call.customer.foo"),
        (body(agent={"externalId": "a-1", "foo": 1}), "agent.foo"),
        (body(transcript={"foo": 1}), "transcript.foo"),
        (body(transcript={"items": []}), "transcript.items"),
        (call(external_id="x"), "call.external_id"),
        (body(**{"x" * 500: 1}), "x" * 60 + "…"),
    ],
)
def test_an_unknown_key_is_taken_with_a_warning(payload, path):
    update, (warned_path, detail) = warned(payload)
    assert warned_path == path
    assert "not a known key" in detail
    assert update == taken(body())


def test_a_key_in_the_wrong_place_is_told_its_right_one():
    _, (_, detail) = warned(body(durationSeconds=3))
    assert "did you mean call.durationSeconds?" in detail
    _, (_, detail) = warned(call(metadata={}))
    assert "did you mean metadata?" in detail
    _, (_, detail) = warned(body(name="Ada"))  # a customer's, or an agent's?
    assert "did you mean" not in detail


def test_a_report_without_its_header_is_told_which_one():
    reading = read("zelto", {"job_id": "AJ_1", "chat_history": {"items": []}})
    details = {fault.path: fault.detail for fault in reading.errors}
    assert "X-Zelto-Provider: livekit" in details["call"]


@pytest.mark.parametrize("count", [99, 100])
def test_up_to_a_hundred_warnings_are_listed(count):
    reading = read("zelto", body(**{f"k{index}": 1 for index in range(count)}))
    assert paths(reading) == [f"k{index}" for index in range(count)]
    assert "listed" not in reading.warnings[-1].detail


def test_of_more_the_last_has_the_full_count():
    reading = read("zelto", body(**{f"k{index}": 1 for index in range(1234)}))
    assert paths(reading) == [f"k{index}" for index in range(100)]
    assert "the first 100 of 1,234 are listed" in reading.warnings[-1].detail


def test_the_schema_speaks_json():
    schema = CallBody.model_json_schema()
    assert schema["required"] == ["call"]
    assert set(schema["$defs"]) == {"Agent", "Call", "Customer", "Transcript", "Turn"}
    assert "durationSeconds" in schema["$defs"]["Call"]["properties"]
    assert json.dumps(schema)
