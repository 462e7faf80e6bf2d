"""What the delivery log knows of agents: what waits in it, and what failed or was
refused.

Conversations do not know the log, so the app that keeps it registers a function here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from conversations.models import Agent


@dataclass(frozen=True, slots=True)
class FailedDelivery:
    """The newest delivery of an agent, where it made no conversation.

    sequence: its place in the log.
    failed: it was stored, and could not be processed; else it was refused.
    status: the HTTP status that the sender was answered.
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
    """What the log knows of an agent.

    stored_at: when the newest delivery arrived that is stored and not yet processed.
    trouble: the newest delivery, where it failed or was refused.
    """

    stored_at: datetime | None = None
    trouble: FailedDelivery | None = None


Source = Callable[[Sequence[Agent]], Mapping[UUID, DeliveryStatus]]
NO_DELIVERIES = DeliveryStatus()
_sources: list[Source] = []


def provide_delivery_status(source: Source) -> None:
    """Register the function that reads the log; called once, when the app of the log is
    loaded.
    """
    _sources[:] = [source]


def delivery_status_of(agents: Sequence[Agent]) -> Mapping[UUID, DeliveryStatus]:
    """Return the status of those agents that have any, by id; all of one organization."""
    return _sources[0](agents) if _sources and agents else {}
