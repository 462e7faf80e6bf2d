"""Parts of lists that fit into one answer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from api.mcp.bounds import MAX_OUTPUT_CHARACTERS, size
from api.pagination import ListSlice

Row = TypeVar("Row")


def part_that_fits(
    part: ListSlice[Row], shown: Iterable[dict[str, Any]]
) -> dict[str, Any]:
    """Return as many rows as the bounds of an answer allow, one at least, and the
    cursor after them.

    shown: what is told of each row, in their order; taken no further than there is
        room, and where it ends early, so does the part.
    """
    room = MAX_OUTPUT_CHARACTERS
    data: list[dict[str, Any]] = []
    for each in shown:
        room -= size(each)
        if room < 0 and data:
            break
        data.append(each)
    cursor = part.next_cursor
    if len(data) < len(part.rows):
        cursor = part.cursor_of(part.rows[len(data) - 1])
    return {"data": data, "nextCursor": cursor}
