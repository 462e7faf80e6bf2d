"""One budget for all answers that last.

An export takes as long as its reader, an upload as long as its sender. Each has a thread
beside those of usual requests (`web/server/turns.py`), and a download has none while it
waits. So that there are never too many, whoever gives such an answer takes a slot first
and releases it when done: of each kind so many in a process, and so many of one
organization.

A reader who takes nothing for a minute is ended by the kernel (`web/server/stalled_clients.py`),
a sender who is too slow by the server (`web/server/request_body.py`).
"""

from __future__ import annotations

import threading
from collections import Counter
from enum import StrEnum
from functools import cache
from types import TracebackType
from typing import Self
from uuid import UUID

from web.server.turns import leave_lane


class Kind(StrEnum):
    """What takes long: an export, a recording that is downloaded, or one that is
    uploaded.
    """

    EXPORT = "export"
    DOWNLOAD = "download"
    UPLOAD = "upload"


# Of each kind: how many in a process, and how many of them of one organization.
MOST = {Kind.EXPORT: (4, 2), Kind.DOWNLOAD: (64, 16), Kind.UPLOAD: (4, 2)}
MOST_THREADS = MOST[Kind.EXPORT][0] + MOST[Kind.UPLOAD][0]


class NoSlotFree(Exception):
    """As many answers of the kind as may be given at once are under way."""


class Budget:
    """The slots of one process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken: set[Slot] = set()

    def take(self, kind: Kind, organization_id: UUID) -> Slot:
        """Return a slot that is the caller's until they release it, without waiting.

        Raises:
            NoSlotFree: as many are taken as there are, or as this organization may have.
        """
        slot = Slot(self, kind, organization_id)
        most, most_of_one = MOST[kind]
        with self._lock:
            of_kind = [one for one in self._taken if one.kind == kind]
            of_one = sum(one.organization_id == organization_id for one in of_kind)
            if len(of_kind) >= most or of_one >= most_of_one:
                raise NoSlotFree(kind)
            self._taken.add(slot)
        return slot

    def release(self, slot: Slot) -> None:
        """Free a slot; one that is free already stays so."""
        with self._lock:
            self._taken.discard(slot)

    def under_way(self) -> Counter[tuple[Kind, UUID]]:
        """Count the slots that are taken, by kind and organization."""
        with self._lock:
            return Counter((one.kind, one.organization_id) for one in self._taken)


class Slot:
    """A place in a budget; as a context manager, held until its block ends."""

    def __init__(self, budget: Budget, kind: Kind, organization_id: UUID) -> None:
        self.kind = kind
        self.organization_id = organization_id
        self._budget = budget

    def release(self) -> None:
        """Free the place: any number of times, from any thread."""
        self._budget.release(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


@cache
def budget() -> Budget:
    """Return the budget of this process."""
    return Budget()


def take_slot(kind: Kind, organization_id: UUID) -> Slot:
    """Take a slot of this process for a long answer.

    Raises:
        NoSlotFree: none is free for this kind and this organization.
    """
    slot = budget().take(kind, organization_id)
    leave_lane()
    return slot
