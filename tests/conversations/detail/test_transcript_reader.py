import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from conversations.detail.transcript_entries import Marker, Speech, ToolUse
from conversations.detail.transcript_reader import read_transcript
from conversations.turn_values import pretty, unix_time

PAYLOADS = Path(__file__).resolve().parents[2] / "payloads" / "livekit"
SCENARIOS = ["order", "tool_error", "handoff", "interrupted"]


def recorded(scenario):
    body = json.loads((PAYLOADS / f"{scenario}.canonical.json").read_text("utf-8"))
    start = datetime.fromisoformat(body["call"]["startedAt"])
    return body["transcript"]["turns"], start, body["systemPrompt"]


def entries_of(turns: list[dict[str, Any]], **options: Any) -> list[Any]:
    return list(read_transcript(turns, **options).entries)


def view_of(scenario):
    turns, start, prompt = recorded(scenario)
    return read_transcript(turns, started_at=start, system_prompt=prompt)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_turn_of_a_recorded_session_has_its_place(scenario):
    turns, _, _ = recorded(scenario)
    view = view_of(scenario)
    shown = {entry.number for entry in view.entries}
    shown |= {
        entry.result_number for entry in view.entries if isinstance(entry, ToolUse)
    }
    assert shown == set(range(1, len(turns) + 1))
    assert all(entry.at is not None for entry in view.entries)


def test_a_call_and_its_result_are_one_entry():
    view = view_of("order")
    (tool,) = [entry for entry in view.entries if isinstance(entry, ToolUse)]
    assert tool.name == "lookup_order"
    assert json.loads(tool.arguments) == {"order_id": "A-1042"}
    assert tool.arguments.startswith('{\n  "order_id"')
    assert json.loads(tool.result)["status"] == "packed"
    assert tool.took == pytest.approx(0.132)
    assert tool.brief == '{ "order_id": "A-1042" }'
    assert (view.tool_calls, view.tool_errors) == (1, 0)


def test_a_failed_tool_is_marked():
    view = view_of("tool_error")
    (tool,) = [entry for entry in view.entries if isinstance(entry, ToolUse)]
    assert tool.is_error
    assert tool.result == "order service: 404 no such order"
    assert view.tool_errors == 1


def test_a_handoff_is_a_line_between_turns():
    (marker,) = [one for one in view_of("handoff").entries if isinstance(one, Marker)]
    assert marker.kind == "handoff"
    assert marker.line == "Handoff: support -> billing"


def test_an_interrupted_turn_is_marked():
    view = view_of("interrupted")
    assert view.interruptions == 1
    assert sum(isinstance(e, Speech) and e.interrupted for e in view.entries) == 1


def test_calls_of_one_tool_at_once_find_their_own_results():
    turns = [
        {"role": "tool", "kind": "call", "toolName": "a", "toolCallId": "1"},
        {"role": "tool", "kind": "call", "toolName": "a", "toolCallId": "2"},
        {"role": "tool", "kind": "result", "toolCallId": "2", "content": "second"},
        {"role": "assistant", "content": "One moment"},
        {"role": "tool", "kind": "result", "toolCallId": "1", "content": "first"},
    ]
    first, second, speech = entries_of(turns)
    assert (first.result, second.result) == ("first", "second")
    assert (first.result_number, second.result_number) == (5, 3)
    assert speech.number == 4


def test_a_call_without_a_result_and_a_result_without_a_call_are_shown():
    turns = [
        {"role": "tool", "kind": "call", "toolName": "a", "toolCallId": "1"},
        {"role": "tool", "kind": "result", "toolName": "b", "toolCallId": "9"},
        {"role": "tool", "content": "no kind, no id"},
    ]
    call, result, loose = entries_of(turns)
    assert call.called and call.result_number is None
    assert not result.called and result.result_number == 2
    assert loose.result == "no kind, no id"
    assert loose.name == "tool"


def test_times_count_from_the_start_of_the_call():
    start = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
    turns: list[dict[str, Any]] = [
        {"role": "user", "timestamp": "2026-11-22T12:00:04Z"},
        {"role": "user", "timestamp": start.timestamp() + 65.5},
        {"role": "user", "timestamp": (start.timestamp() + 66) * 1000},
        {"role": "user", "timestamp": "2026-11-22T12:01:07"},
        {"role": "user", "timestamp": "2026-11-22T13:01:08+01:00"},
        {"role": "user", "startSeconds": 70, "timestamp": "nonsense"},
        {"role": "user", "timestamp": "nonsense"},
        {"role": "user"},
    ]
    entries = entries_of(turns, started_at=start)
    assert [entry.at for entry in entries] == [4, 65.5, 66, 67, 68, 70, None, None]


def test_where_clocks_disagree_the_first_turn_is_the_start():
    turns = [
        {"role": "user", "timestamp": "2026-11-22T12:00:04Z"},
        {"role": "user", "timestamp": "2026-11-22T12:00:09Z"},
    ]
    far_off = datetime(1970, 1, 2, tzinfo=UTC)
    for started_at in (None, far_off):
        entries = read_transcript(turns, started_at=started_at).entries
        assert [entry.at for entry in entries] == [0, 5]


def test_silence_is_told_where_both_ends_were_sent():
    turns = [
        {"role": "assistant", "startSeconds": 0, "endSeconds": 2},
        {"role": "user", "startSeconds": 10, "endSeconds": 11},
        {"role": "assistant", "startSeconds": 12},
        {"role": "user", "startSeconds": 40},
    ]
    silences = [entry.silence for entry in entries_of(turns)]
    assert silences == [None, 8, None, None]


def test_a_leading_system_turn_that_repeats_the_prompt_is_a_line():
    turns = [
        {"role": "system", "content": "Be kind.\n"},
        {"role": "system", "content": "Be kind."},
    ]
    first, second = entries_of(turns, system_prompt="Be kind.")
    assert isinstance(first, Marker)
    assert (first.line, first.text) == ("System prompt", "")
    assert isinstance(second, Speech)


def test_the_slowest_answer_is_found_and_nonsense_is_not():
    turns: list[dict[str, Any]] = [
        {"role": "assistant", "metrics": {"e2e_latency": 0.9}},
        {"role": "assistant", "metrics": {"e2e_latency": 2.8}},
        {"role": "assistant", "metrics": {"e2e_latency": "NaN"}},
        {"role": "assistant", "metrics": {"e2e_latency": 1e9}},
        {"role": "assistant", "metrics": {"e2e_latency": True}},
        {"role": "assistant", "metrics": "fast"},
    ]
    assert read_transcript(turns).slowest_answer == 2.8
    assert read_transcript([]).slowest_answer is None


@pytest.mark.parametrize(
    "turn",
    [
        {},
        {"role": None, "content": None},
        {"role": "user", "content": ["a", {"b": 1}]},
        {"role": "user", "content": 7, "metrics": []},
        {"role": "tool", "kind": "call", "arguments": ["x", None]},
        {"role": "tool", "kind": {}, "toolCallId": 4, "toolName": 5},
        {"role": "system", "kind": ["odd"]},
        {"role": "user", "timestamp": {}, "startSeconds": "1e400"},
        {"role": "user", "timestamp": 10**400, "endedAt": "0001-01-01T00:00:00"},
    ],
)
def test_a_turn_of_any_shape_is_shown(turn):
    assert len(read_transcript([turn, turn]).entries) == 2


def test_json_is_laid_out_and_other_text_stays():
    assert pretty('{"a":1}') == '{\n  "a": 1\n}'
    assert pretty({"ü": [1]}) == '{\n  "ü": [\n    1\n  ]\n}'
    assert pretty("{not json") == "{not json"
    assert pretty("42 items") == "42 items"
    assert pretty("[" * 100_000) == "[" * 100_000
    wide = f"[{'[],' * 10_000}[]]"
    assert pretty(wide) == wide
    deep = "[" * 33 + "]" * 33
    assert pretty(deep) == deep
    assert pretty(None) == ""
    assert pretty(0) == "0"


def test_times_are_read_in_each_of_their_shapes():
    assert unix_time("2026-11-22T12:31:46.038+00:00") == 1795350706.038
    assert unix_time(1795350706.038) == 1795350706.038
    assert unix_time("1795350706038") == 1795350706.038
    assert unix_time(True) is None
    assert unix_time("tomorrow") is None
