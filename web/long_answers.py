"""One budget for all answers that hold a thread of the web server for long.

A process of the web server has few threads (`settings.WEB_THREADS`). An answer that is
written as slowly as its reader reads, and a body that is read as slowly as its sender
sends, hold one for as long as that takes. Whoever gives such an answer takes a slot
first and releases it when its thread is free again.

Nothing here ends a long answer. A thread that waits in the server for its reader or its
sender runs no code of this project: granian puts what it is given into a channel of
four chunks and blocks in it, outside Python, until the reader takes some or its
connection ends; and its `read()` blocks until as many bytes are there as were
requested. What ends the connections of readers who take nothing is the kernel, see
`web/stalled_clients.py`. A sender who is there and sends a byte now and then keeps a
slot.
"""

from __future__ import annotations

import threading
from collections import Counter
from enum import StrEnum
from functools import cache
from types import TracebackType
from typing import Self
from uuid import UUID

from django.conf import settings


class Kind(StrEnum):
    """What takes long: an export, a recording that is downloaded, or one that is
    uploaded.
    """

    EXPORT = "export"
    DOWNLOAD = "download"
    UPLOAD = "upload"


class NoSlotFree(Exception):
    """As many long answers as may be given at once are under way in this process."""


class Budget:
    """The slots of one process that answers with so many threads."""

    def __init__(self, threads: int) -> None:
        # At least half of the threads are left to the webhook and the pages.
        self.total = threads // 2
        # The last slot is for another kind, and for another organization. Where there
        # is only one slot, that cannot be.
        self.each = max(self.total - 1, min(self.total, 1))
        self._lock = threading.Lock()
        self._taken: set[Slot] = set()

    def take(self, kind: Kind, organization_id: UUID) -> Slot:
        """Return a slot that is the caller's until they release it, without waiting.

        Raises:
            NoSlotFree: all are taken, or as many as this kind or this organization may
                have.
        """
        slot = Slot(self, kind, organization_id)
        with self._lock:
            of_kind = sum(one.kind == kind for one in self._taken)
            of_organization = sum(
                one.organization_id == organization_id for one in self._taken
            )
            if (
                len(self._taken) >= self.total
                or max(of_kind, of_organization) >= self.each
            ):
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
    return Budget(settings.WEB_THREADS)


def take_slot(kind: Kind, organization_id: UUID) -> Slot:
    """Take a slot of this process for a long answer.

    Raises:
        NoSlotFree: none is free for this kind and this organization.
    """
    return budget().take(kind, organization_id)
