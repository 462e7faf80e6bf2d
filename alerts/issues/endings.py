"""Why an issue is over: what its resolution says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from alerts.models import Issue

# Of these nobody is told: nothing got better.
QUIET = frozenset({"off", "silent_until", "replaced", "usual", "dormant"})


@dataclass(frozen=True, slots=True)
class Ending:
    """How an issue ended.

    because: empty where its cause just ended, else `retired`, `merged`, `deleted`,
        `revoked`, `expired`, `forgotten`, or one of `QUIET`.
    at: when its cause ended; None for the moment at which that is seen.
    missed: about how many calls were missed; None where that is not asked.
    is_told: LiveKit told of them, so it is no estimate.
    """

    because: str = ""
    at: datetime | None = None
    missed: float | None = None
    is_told: bool = False

    @property
    def is_quiet(self) -> bool:
        return self.because in QUIET

    def facts(self, now: datetime) -> dict[str, Any]:
        """Return it as the facts of an issue have it under `over`."""
        facts: dict[str, Any] = {"at": (self.at or now).isoformat()}
        if self.because:
            facts["because"] = self.because
        if self.missed is not None:
            facts |= {"missed": round(self.missed, 1), "is_told": self.is_told}
        if self.is_quiet:
            facts["is_quiet"] = True
        return facts


PLAIN = Ending()
# Looks at issues whose cause is gone; of those that it leaves out nothing is known.
Endings = Callable[[Sequence[Issue], datetime], Mapping[UUID, Ending]]


def plain(issues: Sequence[Issue], now: datetime) -> dict[UUID, Ending]:
    """Return nothing: their cause just ended."""
    return {}
