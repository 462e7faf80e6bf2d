"""What is wrong with a body: paths and short sentences, bounded in number."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from web.storable_text import replace_unstorable

LISTED = 100
SHOWN = 60


class FaultKind(Enum):
    """What became of a value that did not fit; its sentence says so to people."""

    REFUSED = "refused"  # with the whole body
    DROPPED = "dropped"
    CUT = "cut"
    IGNORED = "ignored"
    ALTERED = "altered"
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class Fault:
    """One misfit: where (`transcript.turns[3].role`), and what to do about it."""

    path: str
    detail: str
    kind: FaultKind = FaultKind.REFUSED


class Faults:
    """Faults in the order found: all counted, the first hundred kept."""

    __slots__ = ("count", "kept")

    def __init__(self) -> None:
        self.count = 0
        self.kept: list[Fault] = []

    def add(self, path: str, detail: str, kind: FaultKind = FaultKind.DROPPED) -> None:
        """Count a fault, and keep it where it is among the first hundred."""
        self.count += 1
        if len(self.kept) < LISTED:
            self.kept.append(Fault(path, detail, kind))

    def listed(self) -> list[Fault]:
        """Return at most a hundred; where there were more, the last says how many."""
        if self.count <= LISTED:
            return self.kept
        last = self.kept[-1]
        closing = f"{last.detail}; the first {LISTED} of {self.count:,} are listed"
        return [*self.kept[:-1], replace(last, detail=closing)]


def path_text(parts: Iterable[str | int]) -> str:
    """Return a path as people read it: `transcript.turns[3].role`."""
    text = ""
    for part in parts:
        if isinstance(part, int):
            text += f"[{part}]"
        else:
            text += f".{name_text(part)}" if text else name_text(part)
    return text


def name_text(name: str) -> str:
    """Return a key as a path may show it: short and storable."""
    return replace_unstorable(name if len(name) <= SHOWN else f"{name[:SHOWN]}…")


def shown(value: Any) -> str:
    """Return a sender's value for a sentence: never long, never a whole object."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, str):
        return json.dumps(name_text(value), ensure_ascii=False)
    return name_text(json.dumps(value))
