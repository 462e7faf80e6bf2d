"""Bounds on what a model reads: long texts are cut and say by how much."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

# Characters of JSON in one answer, about.
MAX_OUTPUT_CHARACTERS = 40_000
# Of one text in a list, and where it stands alone.
LONG_TEXT = 500
MAX_TEXT_CHARACTERS = 12_000
# Of the free JSON of one row: metadata, a turn's own keys.
FREE_JSON = 1_500
MAX_FREE_JSON_CHARACTERS = 15_000


def cut(text: str, most: int, more: int = 0) -> str:
    """Return at most the first `most` characters, with how many more there are.

    more: how many there are behind this text already.
    """
    if len(text) <= most and not more:
        return text
    left_out = max(len(text) - most, 0) + more
    return f"{text[:most]}… ({left_out:,} more characters)"


def cut_texts(row: dict[str, Any], most: int) -> dict[str, Any]:
    """Return the row with each text cut to `most` characters; texts in deeper levels
    stay.
    """
    return {
        name: cut(value, most) if isinstance(value, str) else value
        for name, value in row.items()
    }


def size(value: Any) -> int:
    """Return the characters of a value as JSON."""
    return len(json.dumps(value, ensure_ascii=False))


def cut_json(
    value: Mapping[str, Any],
    room: int,
    *,
    more: Mapping[str, int] | None = None,
    left_out: int = 0,
) -> dict[str, Any]:
    """Return as many of its keys as fit into `room` characters, with how many were left
    out.

    more: characters of texts that are cut already. left_out: keys that are.
    """
    kept: dict[str, Any] = {}
    behind = more or {}
    for name, each in value.items():
        taken = size(name) + size(each)
        if taken > room and isinstance(each, str) and room > LONG_TEXT // 5:
            kept[name] = cut(each, room - LONG_TEXT // 10, behind.get(name, 0))
            room = 0
        elif taken <= room:
            kept[name] = cut(each, len(each), behind[name]) if name in behind else each
            room -= taken
    if left_out := left_out + len(value) - len(kept):
        kept["…"] = f"{left_out} more keys; REST gives all of them."
    return kept


def count_that_fit(
    rows: Sequence[dict[str, Any]], room: int = MAX_OUTPUT_CHARACTERS
) -> int:
    """Return how many of the first rows fit into `room` characters: one at least, so
    that every cursor advances.
    """
    for number, row in enumerate(rows):
        room -= size(row)
        if room < 0:
            return max(number, 1)
    return len(rows)
