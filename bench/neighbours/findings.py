"""What the well-behaved organization noted, and the figures that come of it."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

# Kinds of requests, in the order of the table.
POST, PAGE, PIECE = "post", "page", "piece"
REQUESTS = (POST, PAGE, PIECE)
# Kinds of waits after a post.
VISIBLE, STORED = "visible", "stored"
WAITS = (VISIBLE, STORED)


@dataclass
class Findings:
    """Seconds of answers and of waits, in the time that is measured.

    failures: by kind and what was wrong with it, as `post: 503`.
    unfinished: of each kind of wait, for how long it had lasted at the end.
    late: how far behind its clock the generator itself was with each request.
    """

    answers: dict[str, list[float]] = field(
        default_factory=lambda: {kind: [] for kind in REQUESTS}
    )
    waits: dict[str, list[float]] = field(
        default_factory=lambda: {kind: [] for kind in WAITS}
    )
    unfinished: dict[str, list[float]] = field(
        default_factory=lambda: {kind: [] for kind in WAITS}
    )
    failures: Counter[str] = field(default_factory=Counter)
    late: list[float] = field(default_factory=list)

    def figures(self) -> dict[str, Any]:
        """Return what is reported, all of it in seconds."""
        return {
            **{kind: _times(found) for kind, found in self.answers.items()},
            **{
                kind: {
                    "samples": len(done),
                    "p50": percentile(done, 0.5),
                    "worst": max([*done, *self.unfinished[kind]], default=None),
                    "unfinished": len(self.unfinished[kind]),
                }
                for kind, done in self.waits.items()
            },
            "failed": self.failures.total(),
            "failures": dict(self.failures),
            "generator_late_p99": percentile(self.late, 0.99),
        }


def _times(seconds: list[float]) -> dict[str, Any]:
    return {
        "samples": len(seconds),
        "p50": percentile(seconds, 0.5),
        "p99": percentile(seconds, 0.99),
        "worst": max(seconds, default=None),
    }


def percentile(values: list[float], share: float) -> float | None:
    """Return the smallest value that so large a share of all does not exceed."""
    if not values:
        return None
    return sorted(values)[max(math.ceil(share * len(values)) - 1, 0)]
