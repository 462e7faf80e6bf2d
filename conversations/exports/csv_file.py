"""Conversations as CSV (RFC 4180), for people with spreadsheets.

It begins with a byte order mark: without one Excel takes UTF-8 for the code page of its
machine. Python reads it as `utf-8-sig`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from conversations.models import Conversation
from conversations.public_shape import judged_shape
from web.csv_cells import Cell, csv_text, json_cell
from web.iso_time import iso_microseconds

BYTE_ORDER_MARK = "\ufeff"
# In the place of an id: the last row of a file that is not whole.
INCOMPLETE = "INCOMPLETE"
COLUMNS = (
    *("id", "reference", "name", "number", "agent_id", "agent", "source"),
    *("started_at", "ended_at", "duration_seconds", "ended_reason", "cost"),
    *("version", "outcome", "outcome_reason", "evaluations", "tags"),
    *("turns", "has_transcript", "has_audio", "is_test"),
    *("arrived_at", "updated_at", "metadata"),
)


class Spreadsheet:
    """Writes conversations as rows. metadata_keys: keys with a column each, after the
    others."""

    def __init__(self, metadata_keys: Sequence[str] = ()) -> None:
        self.metadata_keys = metadata_keys

    def head(self) -> bytes:
        """Return the byte order mark and the names of the columns."""
        names = [*COLUMNS, *(f"metadata.{key}" for key in self.metadata_keys)]
        return (BYTE_ORDER_MARK + csv_text([names])).encode()

    def lines(self, rows: Sequence[Conversation]) -> Iterable[tuple[int, bytes]]:
        """Yield the rows of these conversations: how many, and their bytes."""
        yield len(rows), csv_text(map(self._cells, rows)).encode()

    def broken_off(self, rows: int, reason: str) -> bytes:
        """Mark it by a row whose id no conversation has."""
        return csv_text(
            [[INCOMPLETE, rows, f"This file is incomplete: {reason}"]]
        ).encode()

    def _cells(self, row: Conversation) -> list[Cell]:
        judged = judged_shape(row)
        return [
            str(row.id),
            row.external_id,
            row.customer_name,
            row.customer_number,
            str(row.agent_id),
            row.agent.display_name,
            row.provider,
            moment(row.started_at),
            moment(row.ended_at),
            "" if row.duration_seconds is None else row.duration_seconds,
            row.ended_reason,
            "" if row.cost is None else f"{row.cost:f}",
            row.version,
            judged["outcome"]["result"] or "",
            judged["outcome"]["reason"] or "",
            *(json_or_nothing(judged[name]) for name in ("evaluations", "tags")),
            row.turn_count,
            yes_or_no(row.has_transcript),
            yes_or_no(row.has_audio),
            yes_or_no(row.is_test),
            moment(row.created_at),
            moment(row.updated_at),
            json_or_nothing(row.metadata),
            *(
                as_text(row.metadata[key]) if key in row.metadata else ""
                for key in self.metadata_keys
            ),
        ]


def moment(value: datetime | None) -> str:
    """Return a moment as the API has it; empty where there is none."""
    return iso_microseconds(value) if value else ""


def yes_or_no(value: bool) -> str:
    return "true" if value else "false"


def json_or_nothing(value: Any) -> str:
    """Return a value as JSON; empty where there is nothing in it."""
    return json_cell(value) if value else ""


def as_text(value: Any) -> str:
    """Return a text as it is; all else as JSON."""
    return value if isinstance(value, str) else json_cell(value)
