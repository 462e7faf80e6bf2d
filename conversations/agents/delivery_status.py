"""What the log knows of agents and conversations do not: what waits, what was refused.

Conversations know no deliveries, so whoever keeps the log says here how to ask it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from conversations.models import Agent


@dataclass(frozen=True, slots=True)
class FailedDelivery:
    """Its newest delivery, which made no conversation.

    sequence: its place in the log.
    failed: it was stored, and could not be processed; else it was refused.
    status: what the worker was answered.
    """

    sequence: int
    at: datetime
    failed: bool
    status: int
    reason: str

    @property
    def word(self) -> str:
        return "Failed" if self.failed else "Refused"


@dataclass(frozen=True, slots=True)
class DeliveryStatus:
    """stored_at: when the newest arrived that is stored and not yet processed."""

    stored_at: datetime | None = None
    trouble: FailedDelivery | None = None


Source = Callable[[Sequence[Agent]], Mapping[UUID, DeliveryStatus]]
NO_DELIVERIES = DeliveryStatus()
_sources: list[Source] = []


def provide_delivery_status(source: Source) -> None:
    """Called once, when the keeper of the log is loaded."""
    _sources[:] = [source]


def delivery_status_of(agents: Sequence[Agent]) -> Mapping[UUID, DeliveryStatus]:
    """Of those agents of one organization that have any."""
    return _sources[0](agents) if _sources and agents else {}
