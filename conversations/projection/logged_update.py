"""Updates with their place in the log, and the calls that they belong to."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from conversations.projection import agent_lookup
from conversations.projection.agent_lookup import AgentKey
from conversations.projection.update import CallUpdate

NO_PIECE = 9


class CallKey(NamedTuple):
    """What makes a call one call."""

    organization_id: UUID
    provider: str
    external_id: str


@dataclass(frozen=True, slots=True)
class LoggedUpdate:
    """One update with its place in the log.

    piece: where its call comes in pieces, of which kind it is. Pieces come in any order:
        they are folded kind by kind, before all else, and whenever another one comes,
        from the first one on.
    """

    sequence: int
    received_at: datetime
    organization_id: UUID
    provider: str
    update: CallUpdate
    piece: int | None = None

    @property
    def call(self) -> CallKey:
        return CallKey(self.organization_id, self.provider, self.update.external_id)

    @property
    def fold_order(self) -> tuple[int, int]:
        """Return what updates of a call are sorted by before they are folded."""
        return fold_order(self.piece, self.sequence)

    @property
    def agent(self) -> AgentKey | None:
        """Return the key of the agent that it names; None for what Zelto itself adds, which
        names none.
        """
        if not self.update.names_agent:
            return None
        return agent_lookup.key_of(
            self.organization_id, self.provider, self.update.agent
        )


def fold_order(piece: int | None, sequence: int) -> tuple[int, int]:
    """Return what deliveries of a call are sorted by before they are folded."""
    return (NO_PIECE if piece is None else piece, sequence)


def need_past(updates: Iterable[LoggedUpdate], applied_through: int) -> bool:
    """Tell whether a call is to be folded from its first delivery on, with these."""
    return any(
        one.piece is not None or one.sequence <= applied_through for one in updates
    )


class TooLarge(Exception):
    """These calls are too large to be stored with others: one at a time they may be."""

    def __init__(self, calls: Collection[CallKey]) -> None:
        super().__init__(f"{len(calls)} calls are too large to be stored with others")
        self.calls = frozenset(calls)


class BodyGone(Exception):
    """A body of a call is no longer there: its past cannot be read to the end."""


# Reads calls' deliveries again from the log, each in order, up to a sequence. Each is read
# once, while it is gone through, and may raise `BodyGone`.
History = Callable[[Mapping[CallKey, int]], Mapping[CallKey, Iterable[LoggedUpdate]]]
