"""JSON laid out as a tree of folded parts, however deep and however large."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

MAX_NODES = 500
MAX_SIBLINGS = 200  # in one part
MAX_TEXT_CHARACTERS = 2_000  # characters
# A part with more inside is folded.
OPEN_UP_TO = 3
MAX_DEPTH = 8


@dataclass(frozen=True, slots=True)
class Node:
    """A step of walking the tree: `leaf`, `open` or `close`.

    text: of a leaf its value, of a folded part how much is inside.
    """

    step: str
    name: str = ""
    text: str = ""
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class Tree:
    """JSON as the steps of walking it. is_cut: whether something is left out or
    shortened."""

    nodes: list[Node]
    is_cut: bool


def json_tree(document: Mapping[str, Any]) -> Tree:
    layout = _Layout()
    nodes = list(layout.walk_all(document.items(), len(document), depth=0))
    return Tree(nodes, layout.is_cut)


class _Layout:
    def __init__(self) -> None:
        self.left = MAX_NODES
        self.is_cut = False

    def walk_all(
        self, items: Iterable[tuple[Any, Any]], count: int, depth: int
    ) -> Iterator[Node]:
        """Take from what is left for all of them before the first is unfolded, so that
        what is large hides nothing beside it."""
        shown = min(count, self.left, MAX_SIBLINGS)
        self.left -= shown
        for name, value in islice(items, shown):
            yield from self._walk(str(name), value, depth)
        if shown < count:
            self.is_cut = True
            yield Node("leaf", "…", f"{count - shown:,} more")

    def _walk(self, name: str, value: Any, depth: int) -> Iterator[Node]:
        if not isinstance(value, dict | list) or not value:
            yield Node("leaf", name, self._short(value))
        elif depth == MAX_DEPTH:
            yield Node("leaf", name, self._short(json.dumps(value, ensure_ascii=False)))
        else:
            count = len(value)
            items = value.items() if isinstance(value, dict) else enumerate(value, 1)
            noun = "key" if isinstance(value, dict) else "item"
            text = f"{count:,} {noun}{'' if count == 1 else 's'}"
            yield Node("open", name, text, is_open=count <= OPEN_UP_TO)
            yield from self.walk_all(items, count, depth + 1)
            yield Node("close")

    def _short(self, value: Any) -> str:
        text = value if isinstance(value, str) else json.dumps(value)
        if len(text) <= MAX_TEXT_CHARACTERS:
            return text
        self.is_cut = True
        return f"{text[:MAX_TEXT_CHARACTERS]}…"
