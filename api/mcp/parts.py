"""Parts of lists that fit into one answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from api.mcp.bounds import count_that_fit
from api.pagination import ListSlice

Row = TypeVar("Row")


def part_that_fits(
    part: ListSlice[Row], show: Callable[[Row], dict[str, Any]]
) -> dict[str, Any]:
    """Return as many rows as the bounds of an answer allow, and the cursor after them."""
    shown = [show(row) for row in part.rows]
    count = count_that_fit(shown)
    cursor = part.next_cursor
    if count < len(shown):
        cursor = part.cursor_of(part.rows[count - 1])
    return {"data": shown[:count], "nextCursor": cursor}
