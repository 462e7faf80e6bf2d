"""A body laid out line by line, with faults and warnings at the lines they are about."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from integrations.providers.faults import path_text
from integrations.request_body import bounds
from web.json_bounds import check_bounds
from web.storable_text import replace_unstorable

MAX_LINES = 1_000
MAX_TEXT_CHARACTERS = 1_000  # characters of one value
MAX_RAW_BYTES = 32 * 1024  # bytes of what is no JSON
# Longer bodies are not parsed for a page: as objects they may take twenty times as much.
MAX_PARSED_BYTES = 1024 * 1024
MAX_DEPTH = 64
# What was refused for its depth is shown as far as MAX_DEPTH too.
MAX_READ_DEPTH = 400
INDENT = "  "
STEP = re.compile(r"\[(\d+)\]|([^.\[\]]+)")


@dataclass(frozen=True, slots=True)
class Note:
    """What a line is marked with. is_fault: it refused the post, else a warning."""

    anchor: str
    path: str
    detail: str
    is_fault: bool


@dataclass(frozen=True, slots=True)
class Line:
    """number: from 1; some are left out where a body is cut."""

    number: int
    text: str
    notes: Sequence[Note] = ()

    @property
    def is_bad(self) -> bool:
        return any(note.is_fault for note in self.notes)


@dataclass(frozen=True, slots=True)
class BodyLines:
    """is_json: else the lines are the text as it came. is_cut: these are the first,
    and further down those with a note."""

    lines: list[Line]
    is_json: bool
    is_cut: bool


class _Number(str):
    """A number as it was written: no digit is lost or added."""

    __slots__ = ()


def number_notes(
    errors: Sequence[Mapping[str, str]], warnings: Sequence[Mapping[str, str]]
) -> list[Note]:
    return [
        Note(f"note-{place}", one.get("path", ""), one.get("detail", ""), is_fault)
        for place, (one, is_fault) in enumerate(
            [(each, True) for each in errors] + [(each, False) for each in warnings], 1
        )
    ]


def body_lines(data: bytes, notes: Sequence[Note]) -> BodyLines:
    """Return the lines that a page shows of a body.

    One of more than `MAX_PARSED_BYTES` is shown as it came, without its notes.
    """
    if len(data) > MAX_PARSED_BYTES:
        return _as_text(data)
    try:
        check_bounds(data, bounds()._replace(depth=MAX_READ_DEPTH))
        value = json.loads(
            data.decode("utf-8-sig"),
            parse_int=_Number,
            parse_float=_Number,
            parse_constant=_Number,
        )
    except json.JSONDecodeError as error:
        return _as_text(data, error)
    except (ValueError, RecursionError):  # no UTF-8, or more than a body may hold
        return _as_text(data)
    marks: dict[str, list[Note]] = defaultdict(list)
    for note in notes:
        marks[_nearest(value, note.path)].append(note)
    lines = []
    is_cut = False
    for number, (text, path) in enumerate(_walk(value, "", "", "", ""), start=1):
        if number <= MAX_LINES or path in marks:
            lines.append(Line(number, text, marks.pop(path, ())))
        else:
            is_cut = True
            if not marks:
                break
    return BodyLines(lines, is_json=True, is_cut=is_cut)


def _as_text(data: bytes, error: json.JSONDecodeError | None = None) -> BodyLines:
    """As it came. error: where it stops being JSON; the line is broken there."""
    text = data[:MAX_RAW_BYTES].decode("utf-8", "replace")
    lines = [
        Line(number, replace_unstorable(line))
        for number, line in enumerate(text.split("\n")[:MAX_LINES], start=1)
    ]
    is_cut = len(data) > MAX_RAW_BYTES or text.count("\n") >= MAX_LINES
    if error and error.lineno <= len(lines):
        before = lines[error.lineno - 1].text[: error.colno - 1]
        after = lines[error.lineno - 1].text[error.colno - 1 :]
        note = Note("note-1", "", error.msg.removesuffix(" at"), is_fault=True)
        broken = [Line(error.lineno, before, (note,)), Line(error.lineno, after)]
        lines[error.lineno - 1 : error.lineno] = broken
    return BodyLines(lines, is_json=False, is_cut=is_cut)


def _nearest(value: Any, path: str) -> str:
    """Return the part of the path that is there: its parent marks what is missing."""
    steps: list[str | int] = []
    for index, name in STEP.findall(path):
        if isinstance(value, list) and index and int(index) < len(value):
            steps.append(int(index))
            value = value[int(index)]
        elif isinstance(value, dict) and name in value:
            steps.append(name)
            value = value[name]
        else:
            break
    return path_text(steps)


def _walk(
    value: Any, path: str, indent: str, before: str, after: str
) -> Iterator[tuple[str, str]]:
    """Each line with the path of what begins on it; closing brackets have none."""
    if not isinstance(value, dict | list) or not value:
        yield f"{indent}{before}{_plain(value)}{after}", path
        return
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    yield f"{indent}{before}{opening}", path
    inner = indent + INDENT
    if len(inner) > MAX_DEPTH * len(INDENT):
        yield f"{inner}…", "\n"
    else:
        last = len(value) - 1
        for place, (key, part) in enumerate(
            value.items() if isinstance(value, dict) else enumerate(value)
        ):
            name = (
                f"{_cut(json.dumps(key, ensure_ascii=False))}: "
                if isinstance(key, str)
                else ""
            )
            step = path_text([key])
            joint = "." if path and not step.startswith("[") else ""
            comma = "," if place < last else ""
            yield from _walk(part, f"{path}{joint}{step}", inner, name, comma)
    yield f"{indent}{closing}{after}", "\n"


def _plain(value: Any) -> str:
    if isinstance(value, _Number):
        return _cut(value)
    return _cut(json.dumps(value, ensure_ascii=False))


def _cut(text: str) -> str:
    text = replace_unstorable(text)  # halves of surrogate pairs fit no page
    if len(text) <= MAX_TEXT_CHARACTERS:
        return text
    return f"{text[:MAX_TEXT_CHARACTERS]}… ({len(text):,} characters)"
