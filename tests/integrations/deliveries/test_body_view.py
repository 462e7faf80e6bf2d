"""A body laid out line by line, with faults and warnings at their lines."""

from __future__ import annotations

import json
import tracemalloc
from typing import Any

import pytest

from integrations.deliveries import body_view
from integrations.deliveries.body_view import Note, body_lines, number_notes


def lines_of(data: bytes | str | dict[str, Any], *notes: Note) -> list[str]:
    if isinstance(data, dict):
        data = json.dumps(data)
    laid_out = body_lines(data if isinstance(data, bytes) else data.encode(), notes)
    assert laid_out.is_json
    return [line.text for line in laid_out.lines]


def marked(body: dict[str, Any], path: str) -> str:
    """The line that a fault at this path marks."""
    laid_out = body_lines(json.dumps(body).encode(), [Note("a", path, "no", True)])
    (line,) = [line.text for line in laid_out.lines if line.notes]
    return line.strip()


def test_it_is_laid_out_as_json_is_read() -> None:
    assert lines_of({"call": {"tags": [1, "b"], "none": {}}, "ok": True}) == [
        "{",
        '  "call": {',
        '    "tags": [',
        "      1,",
        '      "b"',
        "    ],",
        '    "none": {}',
        "  },",
        '  "ok": true',
        "}",
    ]


def test_numbers_stay_as_they_were_written() -> None:
    text = '{"a": 1.10, "b": 1e400, "c": ' + "9" * 5000 + ', "d": NaN}'
    lines = lines_of(text)
    assert lines[1:3] == ['  "a": 1.10,', '  "b": 1e400,']
    assert lines[3].startswith('  "c": 999')
    assert lines[4] == '  "d": NaN'


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("transcript.turns[1].role", '"role": "bot"'),
        ("transcript.turns[1]", "{"),
        ("transcript.turns[1].content", "{"),
        ("transcript.turns[7]", '"turns": ['),
        ("transcript", '"transcript": {'),
        ("call.externalId", "{"),
        ("agent", "{"),
        ("", "{"),
        ("[", "{"),
    ],
)
def test_a_fault_is_marked_where_it_is_or_would_be(path: str, line: str) -> None:
    turns = [{"role": "user", "content": "x"}, {"role": "bot"}]
    assert marked({"transcript": {"turns": turns}}, path) == line


def test_a_long_or_dotted_key_is_marked_as_far_as_its_path_tells() -> None:
    assert marked({"k" * 90: {"x": 1}}, "k" * 60 + "….x") == "{"
    assert marked({"metadata": {"a.b": 1}}, "metadata.a.b") == '"metadata": {'


def test_notes_are_numbered_faults_first() -> None:
    notes = number_notes([{"path": "a", "detail": "1"}], [{"path": "b", "detail": "2"}])
    assert [(note.anchor, note.is_fault) for note in notes] == [
        ("note-1", True),
        ("note-2", False),
    ]


def test_several_notes_may_share_a_line() -> None:
    laid_out = body_lines(
        b"{}", [Note("a", "call", "", True), Note("b", "x", "", False)]
    )
    assert [note.anchor for note in laid_out.lines[0].notes] == ["a", "b"]
    assert laid_out.lines[0].is_bad


@pytest.mark.parametrize("data", [b"\xff\xfe", b"[" * 100_000, b'{"a": \x00}'])
def test_what_is_no_json_is_shown_as_text(data: bytes) -> None:
    laid_out = body_lines(data, [Note("a", "", "no", True)])
    assert not laid_out.is_json
    text = "".join(line.text for line in laid_out.lines)
    assert data.decode("utf-8", "replace").replace("\0", "\ufffd").startswith(text)


def test_a_line_is_broken_where_it_stops_being_json() -> None:
    laid_out = body_lines(b'{"a": 1,\n "b": nope}', [])
    assert [(line.number, line.text) for line in laid_out.lines] == [
        (1, '{"a": 1,'),
        (2, ' "b": '),
        (2, "nope}"),
    ]
    assert [note.detail for note in laid_out.lines[1].notes] == ["Expecting value"]
    assert body_lines(b"", []).lines[0].is_bad


def test_what_no_page_can_hold_is_replaced() -> None:
    lines = lines_of('{"\\ud800": "\\udfff\\u0000"}')
    "\n".join(lines).encode()
    assert lines[1] == '  "\ufffd": "\ufffd\\u0000"'


def test_long_values_and_deep_nesting_are_cut() -> None:
    assert lines_of({"a": "x" * 2000})[1].endswith("… (2,002 characters)")
    deep = "[" * 200 + "]" * 200
    lines = lines_of('{"a": ' + deep + "}")
    assert any(line.strip() == "…" for line in lines)
    assert len(lines) < 200


def test_what_would_be_dear_to_read_is_shown_as_text(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("json.loads", pytest.fail)
    laid_out = body_lines(b'{"a": [' + b"[]," * 200_000 + b"[]]}", [])
    assert not laid_out.is_json
    assert laid_out.is_cut


def test_what_has_a_note_is_there_also_where_the_rest_is_cut(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(body_view, "MAX_LINES", 2)
    body = json.dumps({"turns": [{"role": role} for role in "abc"], "x": 1}).encode()
    laid_out = body_lines(body, [Note("a", "turns[1].role", "no", True)])
    assert [(line.number, line.text.strip()) for line in laid_out.lines] == [
        (1, "{"),
        (2, '"turns": ['),
        (7, '"role": "b"'),
    ]
    assert laid_out.is_cut


def test_many_lines_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body_view, "MAX_LINES", 3)
    whole, cut = body_lines(b'{"a": 1}', []), body_lines(b'{"a": 1, "b": 2}', [])
    assert (len(whole.lines), whole.is_cut) == (3, False)
    assert (len(cut.lines), cut.is_cut) == (3, True)
    assert body_lines(b"a\nb\nc\nd", []).is_cut


def test_no_objects_are_made_of_a_body_that_is_too_large_for_a_page() -> None:
    """Five megabytes of parts: as objects, a hundred."""
    data = b'{"metadata": [' + b"[]," * 1_600_000 + b"[]]}"
    tracemalloc.start()
    try:
        laid_out = body_lines(data, [Note("a", "metadata", "no", False)])
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 1024 * 1024
    assert laid_out.is_cut
    assert laid_out.lines[0].text.startswith('{"metadata": [[],')
