"""Conversations as CSV (RFC 4180), for people with spreadsheets.

It begins with a byte order mark: without one Excel takes UTF-8 for the code page of its
machine. Python reads it as `utf-8-sig`.

A spreadsheet runs what looks like a formula, and callers and agents choose what is in
these texts. So a text that one could take for a formula, or that begins with an
apostrophe, gets an apostrophe in front. Taking one off wherever there is one gives back
what was there.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from conversations.models import Conversation
from web.iso_time import iso_microseconds

BYTE_ORDER_MARK = "\ufeff"
# The wide ones too: where they are typed every day, spreadsheets take them as well.
STARTS_OF_FORMULAS = tuple("=+-@\t\r\n＝＋－＠")  # noqa: RUF001 - meant
# In the place of an id: the last row of a file that is not whole.
INCOMPLETE = "INCOMPLETE"
COLUMNS = (
    *("id", "reference", "name", "number", "agent_id", "agent", "source"),
    *("started_at", "ended_at", "duration_seconds", "ended_reason", "cost"),
    *("version", "turns", "has_transcript", "has_audio", "is_test"),
    *("arrived_at", "updated_at", "metadata"),
)
Cell = str | int | float
# Made once: `json.dumps` would make one for each value.
encode = json.JSONEncoder(ensure_ascii=False).encode


class Spreadsheet:
    """Writes conversations as rows. metadata_keys: keys with a column each, after the
    others."""

    def __init__(self, metadata_keys: Sequence[str] = ()) -> None:
        self.metadata_keys = metadata_keys

    def head(self) -> bytes:
        """Return the byte order mark and the names of the columns."""
        names = [*COLUMNS, *(f"metadata.{key}" for key in self.metadata_keys)]
        return (BYTE_ORDER_MARK + written([[safe(name) for name in names]])).encode()

    def lines(self, rows: Sequence[Conversation]) -> Iterable[tuple[int, bytes]]:
        """Yield the rows of these conversations: how many, and their bytes."""
        yield len(rows), written(self._cells(row) for row in rows).encode()

    def broken_off(self, rows: int, reason: str) -> bytes:
        """Mark it by a row whose id no conversation has."""
        return written(
            [[INCOMPLETE, rows, f"This file is incomplete: {reason}"]]
        ).encode()

    def _cells(self, row: Conversation) -> list[Cell]:
        return [
            str(row.id),
            safe(row.external_id),
            safe(row.customer_name),
            safe(row.customer_number),
            str(row.agent_id),
            safe(row.agent.display_name),
            row.provider,
            moment(row.started_at),
            moment(row.ended_at),
            "" if row.duration_seconds is None else row.duration_seconds,
            safe(row.ended_reason),
            "" if row.cost is None else f"{row.cost:f}",
            safe(row.version),
            row.turn_count,
            yes_or_no(row.has_transcript),
            yes_or_no(row.has_audio),
            yes_or_no(row.is_test),
            moment(row.created_at),
            moment(row.updated_at),
            safe(as_text(row.metadata)) if row.metadata else "",
            *(
                safe(as_text(row.metadata[key])) if key in row.metadata else ""
                for key in self.metadata_keys
            ),
        ]


def safe(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    if text[:1].isalnum():
        return text  # as most do
    # Spaces in front do not keep every spreadsheet from it.
    looks_like_one = text.startswith("'") or text.lstrip(" \u00a0").startswith(
        STARTS_OF_FORMULAS
    )
    return f"'{text}" if looks_like_one else text


def written(rows: Iterable[Sequence[Cell]]) -> str:
    """Return rows as CSV."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue()


def moment(value: datetime | None) -> str:
    """Return a moment as the API has it; empty where there is none."""
    return iso_microseconds(value) if value else ""


def yes_or_no(value: bool) -> str:
    return "true" if value else "false"


def as_text(value: Any) -> str:
    """Return a text as it is; all else as JSON."""
    return value if isinstance(value, str) else encode(value)
