"""Turns of organizations: none takes all slots of a process, and none waits behind
another's queue.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar
from uuid import UUID

from accounts.models.leased_job import LeasedJob

LOOK_EVERY_SECONDS = 0.2
Job = TypeVar("Job", bound=LeasedJob)


class ClaimTurns(Generic[Job]):
    """Claims jobs in rounds: one of each organization that has any, the one that has
    waited longest first.

    each: how many of one organization this process may have claimed at once.
    """

    def __init__(self, jobs: type[Job], *, each: int) -> None:
        self._jobs = jobs
        self._each = each
        self._held: Counter[UUID] = Counter()
        # Organizations that had their turn in this round.
        self._served: set[UUID] = set()
        self._lock = threading.Lock()

    @contextmanager
    def next(self) -> Iterator[Job | None]:
        """Give the next job, claimed; None where none is due of an organization that
        may have another one.
        """
        with self._lock:
            job = self._claim()
        try:
            yield job
        finally:
            if job is not None:
                with self._lock:
                    self._release(job.claimed_for)

    def _claim(self) -> Job | None:
        full = {one for one, count in self._held.items() if count >= self._each}
        job = self._jobs.claim_next(besides=full | self._served)
        if job is None and not self._served <= full:
            self._served.clear()
            job = self._jobs.claim_next(besides=full)
        if job is not None:
            self._served.add(job.claimed_for)
            self._held[job.claimed_for] += 1
        return job

    def _release(self, organization_id: UUID) -> None:
        self._held[organization_id] -= 1
        if not self._held[organization_id]:
            del self._held[organization_id]


class SharedSlots:
    """Slots of a process for what may take long.

    total: how many there are. each: how many of them one organization may have.
    """

    def __init__(self, total: int, *, each: int) -> None:
        self._total = total
        self._each = each
        self._held: Counter[UUID] = Counter()
        self._changed = threading.Condition()

    @contextmanager
    def slot(
        self, organization_id: UUID, *, tick: Callable[[], object]
    ) -> Iterator[None]:
        """Wait for a slot, and hold it for as long.

        tick: called again and again meanwhile; what it raises ends the waiting.
        """
        tick()
        while not self._take(organization_id):
            tick()
        try:
            yield
        finally:
            with self._changed:
                self._held[organization_id] -= 1
                self._changed.notify_all()

    def _take(self, organization_id: UUID) -> bool:
        with self._changed:
            if self._is_free(organization_id):
                self._held[organization_id] += 1
                return True
            self._changed.wait(LOOK_EVERY_SECONDS)
            return False

    def _is_free(self, organization_id: UUID) -> bool:
        self._held += Counter()  # forget those that hold none
        return (
            self._held.total() < self._total
            and self._held[organization_id] < self._each
        )
