"""The table of all cases, as `docs/operations.md` has it, and what misses its target."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bench.neighbours.cases import CASES
from bench.neighbours.findings import PAGE, PIECE, POST, STORED, VISIBLE
from bench.report import Ratio

Figures = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Target:
    """What a figure may be at most, in seconds or as its unit says."""

    name: str
    at_most: float
    value: Callable[[Figures], float | None]
    unit: str = "s"


TARGETS = {
    POST: Target("posts, p99", 0.1, lambda found: found[POST]["p99"]),
    PAGE: Target("pages, p99", 0.5, lambda found: found[PAGE]["p99"]),
    PIECE: Target("pieces, p99", 0.5, lambda found: found[PIECE]["p99"]),
    VISIBLE: Target("visible", 3.0, lambda found: found[VISIBLE]["worst"]),
    STORED: Target("recording stored", 10.0, lambda found: found[STORED]["worst"]),
    "failed": Target("failed", 0, lambda found: found["failed"], ""),
    "memory": Target(
        "largest process", 400, lambda found: found["memory"]["largest_mb"], " MB"
    ),
}
HEADS = (
    *("while another organization", "posts: p50, p99", "pages: p50, p99"),
    *("a piece of a recording: p99", "visible after", "recording stored after"),
    *("failed", "largest process"),
)


def is_met(target: Target, found: Figures) -> bool:
    """Return whether a figure is there and within its target."""
    value = target.value(found)
    return value is not None and value <= target.at_most


def ratios(name: str, found: Figures) -> list[Ratio]:
    """Return each target with what was found in a case."""
    return [
        Ratio(
            f"{name}: {target.name}",
            f"<= {target.at_most:g}{target.unit}",
            "none" if (value := target.value(found)) is None else f"{value:.3g}",
            is_met(target, found),
        )
        for target in TARGETS.values()
    ]


def markdown(found: Mapping[str, Figures]) -> str:
    """Return the table of all cases; what misses its target is bold."""
    rows = [HEADS, ("---",) * len(HEADS)]
    rows += [row(CASES[name].title, figures) for name, figures in found.items()]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in rows)


def row(title: str, found: Figures) -> tuple[str, ...]:
    """Return the cells of a case."""
    memory = found["memory"]

    def marked(name: str, text: str) -> str:
        return text if is_met(TARGETS[name], found) else f"**{text}**"

    def median_and(kind: str) -> str:
        p99 = marked(kind, duration(found[kind]["p99"]))
        return f"{duration(found[kind]['p50'])}, {p99}"

    return (
        title,
        median_and(POST),
        median_and(PAGE),
        marked(PIECE, duration(found[PIECE]["p99"])),
        *(marked(kind, waited(found[kind])) for kind in (VISIBLE, STORED)),
        marked("failed", str(found["failed"])),
        marked("memory", f"{memory['largest_mb']:.0f} MB ({memory['largest']})"),
    )


def waited(wait: Figures) -> str:
    """Return the longest wait; "over" where it had not ended.

    Where no post was taken there is nothing to wait for.
    """
    if wait["worst"] is None:
        return "none taken"
    longest = duration(wait["worst"])
    return f"over {longest}" if wait["unfinished"] else longest


def duration(seconds: float | None) -> str:
    """Return seconds as people read them."""
    if seconds is None:
        return "none"
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"
