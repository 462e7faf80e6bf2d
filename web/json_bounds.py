"""How much JSON holds, counted in its bytes before it is parsed.

A few kilobytes of gzip unpack to megabytes of empty lists, which cost a hundred times
what as much text costs: parsed, walked over and freed.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from itertools import accumulate
from typing import Literal, NamedTuple

CHUNK_BYTES = 64 * 1024
_BRACKETS = b"[]{}"
_NO_BRACKETS = bytes(set(range(256)) - set(_BRACKETS))
# To steps up and down, as signed bytes.
_STEPS = bytes.maketrans(_BRACKETS, b"\x01\xff\x01\xff")


class Bounds(NamedTuple):
    """The most that JSON may hold.

    containers: objects and lists. values: these and all that are in them. depth: levels;
    an empty object is one.
    """

    containers: int
    values: int
    depth: int


class OverBounds(ValueError):
    """JSON holds more than it may: which bound it is over, and that bound."""

    def __init__(
        self, what: Literal["containers", "values", "depth"], limit: int
    ) -> None:
        super().__init__(f"{what} over {limit}")
        self.what = what
        self.limit = limit


def check_bounds(data: bytes, bounds: Bounds) -> None:
    """Look whether JSON may be parsed. What is no JSON may pass; its parser stops there.

    data: UTF-8.

    Raises:
        OverBounds: it holds more than it may.
    """
    # Also what is in texts, so never too few; enough for a usual body.
    opened = _opened(data)
    few = min(bounds.depth, bounds.containers)
    if opened <= few and opened + data.count(b",") <= bounds.values:
        return
    level = containers = values = 0
    for piece in _outside_of_texts(data):
        steps = array("b", piece.translate(_STEPS, _NO_BRACKETS))
        levels = list(accumulate(steps, initial=level))
        if max(levels) > bounds.depth:
            raise OverBounds("depth", bounds.depth)
        opened = _opened(piece)
        containers += opened
        if containers > bounds.containers:
            raise OverBounds("containers", bounds.containers)
        values += opened + piece.count(b",")
        if values > bounds.values:
            raise OverBounds("values", bounds.values)
        level = levels[-1]
        if level < 0:
            return  # more closed than opened: no JSON


def _opened(data: bytes) -> int:
    return data.count(b"[") + data.count(b"{")


def _outside_of_texts(data: bytes) -> Iterator[bytes]:
    """Yield what is between the texts of JSON, a chunk at a time."""
    # A backslash is in texts only. Runs of them pair up from their first.
    data = data.replace(b"\\\\", b"").replace(b'\\"', b"")
    inside = 0
    for start in range(0, len(data), CHUNK_BYTES):
        parts = data[start : start + CHUNK_BYTES].split(b'"')
        yield b"".join(parts[inside::2])
        inside = (inside + len(parts) - 1) % 2
