"""A part of a list, and the place behind each of its rows to go on from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from integrations.problems import Refusal
from web.paging import BadCursor, Position

Row = TypeVar("Row")

STRANGE_CURSOR = "is not a nextCursor of this list; begin again without it"


@dataclass(frozen=True, slots=True)
class ListSlice(Generic[Row]):
    """rows: at most as many as were asked for.
    next_cursor: None where the list ends.
    cursor_of: the cursor that goes on behind a row.
    """

    rows: list[Row]
    next_cursor: str | None
    cursor_of: Callable[[Row], str]


def count_within(sizes: Sequence[int], room: int) -> int:
    """Return how many of the first rows leave room for each other: one at least, so
    that every cursor advances."""
    for number, size in enumerate(sizes):
        room -= size
        if room < 0:
            return max(number, 1)
    return len(sizes)


def position_in(cursor: str | None) -> Position | None:
    if cursor is None:
        return None
    try:
        position = Position.from_cursor(cursor)
    except BadCursor as error:
        raise strange_cursor() from error
    # Outside of these years arithmetic with zones overflows; no row is there.
    if not 1970 <= position.created_at.year <= 2100:
        raise strange_cursor()
    return position


def strange_cursor() -> Refusal:
    fault = {"path": "cursor", "detail": STRANGE_CURSOR}
    return Refusal(400, f"cursor {STRANGE_CURSOR}.", errors=(fault,))
