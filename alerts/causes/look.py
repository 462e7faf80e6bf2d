"""What a look at one kind of cause came to, and which looks there are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from alerts.issues.endings import Endings, plain
from alerts.issues.finding import Finding
from alerts.models import IssueKind


@dataclass(frozen=True, slots=True)
class Look:
    """All that is wrong of some kinds at a moment.

    besides: organizations of which nothing can be said just now.
    """

    findings: Sequence[Finding]
    besides: frozenset[UUID] = field(default_factory=frozenset)


@dataclass(frozen=True, slots=True)
class Cause:
    """A look that is taken again and again.

    name: of its row in `Progress`. every: how often. endings: what its resolutions say.
    of_arrivals: it says that something did not come, so it is no use while Zelto itself
        does not hear.
    of_zelto: it is about Zelto itself, and is looked at also by a web process while no
        worker does.
    """

    name: str
    kinds: frozenset[IssueKind]
    every: timedelta
    find: Callable[[datetime], Look]
    endings: Endings = plain
    of_arrivals: bool = False
    of_zelto: bool = False
