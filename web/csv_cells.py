"""Rows as CSV (RFC 4180) in which no spreadsheet finds a formula.

A spreadsheet runs what looks like a formula, and senders, callers and agents choose what
is in texts. One that splits at semicolons or tabs, as Excel does in half of Europe,
takes no notice of quotes that commas stand in front of, so a cell may also begin in the
middle of a text. So an apostrophe goes in front of each such beginning.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

Cell = str | int | float

# Where a text is cut by whoever does not split at commas.
_CUTS = r";\t\r\n\v\f\x85\u2028\u2029"
# What a spreadsheet may drop in front: spaces, quotes, what nobody sees.
_DROPPED = rf"(?:[^\S{_CUTS}]|[\"\u200b-\u200f\u2060\ufeff])*"
# The wide and small ones too: where they are typed every day, spreadsheets take them.
_STARTS = "=+\\-@＝＋－＠﹦﹢﹣﹫−"  # noqa: RUF001 - meant
_LOOKS_LIKE_ONE = rf"(?='|{_DROPPED}[{_STARTS}])"
_CUT = re.compile(rf"[{_CUTS}]")
_BEGINNING = re.compile(
    rf"\A(?=[{_CUTS}])|\A{_LOOKS_LIKE_ONE}|[{_CUTS}]{_LOOKS_LIKE_ONE}"
)
_WITHIN_JSON = re.compile(rf"[{_CUTS}]{_LOOKS_LIKE_ONE}")
# Made once: `json.dumps` would make one for each value.
_encode = json.JSONEncoder(ensure_ascii=False).encode


def csv_text(rows: Iterable[Sequence[Cell]]) -> str:
    """Return rows as CSV, each text of them so that no spreadsheet runs it."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")  # noqa: TID251 - the one place
    writer.writerows([_safe_cell(cell) for cell in row] for row in rows)
    return text.getvalue()


def safe(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula.

    Taking off one apostrophe at its beginning and behind each semicolon, tab and line
    break, wherever there is one, gives back what was there.
    """
    if text[:1].isalnum() and not _CUT.search(text):
        return text  # as most are
    return _BEGINNING.sub(r"\g<0>'", text)


def json_cell(value: Any) -> str:
    """Return a value as JSON that stays JSON: where a formula could begin behind a
    semicolon or a line break, that is escaped as JSON does it.
    """
    return _WITHIN_JSON.sub(lambda cut: f"\\u{ord(cut[0]):04x}", _encode(value))


def _safe_cell(cell: Cell) -> Cell:
    return safe(cell) if isinstance(cell, str) else cell
