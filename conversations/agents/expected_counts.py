"""How many sessions of agents should have arrived, and how many did.

Conversations do not know what LiveKit tells, so the app that does registers a function
here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Protocol
from uuid import UUID

from conversations.models import Agent


class SessionCounts(Protocol):
    """How many sessions of an agent ended, and what became of them."""

    @property
    def ended(self) -> int:
        """Return how many are over, whatever became of them."""

    @property
    def arrived(self) -> int:
        """Return how many of them are conversations here."""

    @property
    def refused(self) -> int:
        """Return how many of them were posted, and refused."""

    @property
    def missing(self) -> int:
        """Return how many of them nobody has heard of since."""

    @property
    def lost(self) -> int:
        """Return how many should be here and are not."""


class ExpectedCounts(Protocol):
    """The sessions of an agent of today and of seven days, today among them."""

    @property
    def today(self) -> SessionCounts:
        """Return those of today, by the organization's clock."""

    @property
    def week(self) -> SessionCounts:
        """Return those of seven days."""


Source = Callable[[Sequence[Agent], datetime, tzinfo], Mapping[UUID, ExpectedCounts]]
_sources: list[Source] = []


def provide_expected_counts(source: Source) -> None:
    """Register the function that counts; called once, when its app is loaded."""
    _sources[:] = [source]


def expected_counts_of(
    agents: Sequence[Agent], now: datetime, zone: tzinfo
) -> Mapping[UUID, ExpectedCounts]:
    """Return the counts of those agents that have any, by id; all of one organization."""
    return _sources[0](agents, now, zone) if _sources and agents else {}
