"""What looks after a worker that fetches or transcribes, from a thread of its own: it keeps the lease
while nothing else moves, and cuts the connection when it must end.

No time limit of a socket ends a server that sends a byte now and then.
"""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from django.conf import settings
from django.db import DatabaseError, InterfaceError, close_old_connections, connection

from accounts.models.leased_job import LeasedJob
from conversations import worker_stop
from conversations.models import Recording

logger = logging.getLogger(__name__)

BEAT_SECONDS = 2.0
# For so long a server may send less than the least speed, also while it thinks of an
# answer.
SLOW_SECONDS = 30.0


class LeaseLost(Exception):
    """The work is no longer this worker's: there is nothing to write down."""


class WorkerStopping(Exception):
    """The worker ends in order: another is to begin anew, at once."""


class DeadlineExceeded(Exception):
    """It took longer than a fetch may."""


class TooSlow(Exception):
    """It came below the least speed, which would hold up others."""


class LeaseKeeper:
    """The guard of one job. `check` raises what ended it.

    progress: gives the fields of the job that say how far it is.
    """

    def __init__(self, job: LeasedJob, progress: Callable[[], dict[str, Any]]) -> None:
        self.job = job
        self.fetched = 0
        self.expected: int | None = None
        self._progress = progress
        self._deadline: float | None = None
        self._judged_at = time.monotonic()
        self._judged_bytes = 0
        self._why: Exception | None = None
        self._cut: list[socket.socket] = []
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    @classmethod
    def of_a_fetch(cls, recording: Recording, seconds: float) -> LeaseKeeper:
        """Return the guard of a fetch, which also ends it after so many seconds, or
        where it comes too slowly.
        """
        keeper = cls(
            recording,
            lambda: {
                "fetched_bytes": keeper.fetched,
                "expected_bytes": keeper.expected,
            },
        )
        keeper._deadline = time.monotonic() + seconds
        return keeper

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()
        self.close()

    def close(self) -> None:
        """Close our copies of the connections."""
        for one in self._cut:
            one.close()

    def opened(self, connection: socket.socket) -> None:
        """Keep a copy of a connection, whatever TLS wraps around it, to end it from
        here."""
        with self._lock:
            self._cut.append(connection.dup())
        self.check()

    def expect_within(self, seconds: float) -> None:
        """Set a deadline again, from now on, without a least speed."""
        self._judged_at, self._judged_bytes = time.monotonic() + seconds, 0
        self._deadline = time.monotonic() + seconds

    def downloaded(self) -> None:
        """Lift deadline and least speed: from here on it takes what it takes."""
        self._deadline = None

    def check(self) -> None:
        """Go on, or raise why this is to end.

        Raises:
            LeaseLost: the work was given to another worker.
            WorkerStopping: this process is to end.
            DeadlineExceeded: it took too long.
            TooSlow: it came below the least speed.
        """
        if self._why is not None:
            raise self._why

    @property
    def goes_on(self) -> bool:
        """Tell whether nothing has ended it so far."""
        return self._why is None

    def _end(self, why: Exception) -> None:
        with self._lock:
            self._why = self._why or why
            for one in self._cut:
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)

    def _run(self) -> None:
        try:
            beat = min(BEAT_SECONDS, settings.LEASE_SECONDS / 3)
            last_beat = 0.0
            while not self._over.wait(0.1):
                if self._deadline is not None:
                    self._judge(time.monotonic(), self._deadline)
                if worker_stop.is_requested():
                    self._end(WorkerStopping())
                if time.monotonic() - last_beat >= beat:
                    self._renew()
                    last_beat = time.monotonic()
        finally:
            connection.close()

    def _judge(self, now: float, deadline: float) -> None:
        """End what is past its deadline, or has been too slow lately."""
        if now > deadline:
            self._end(DeadlineExceeded())
        seconds = now - self._judged_at
        if seconds >= SLOW_SECONDS:
            came = self.fetched - self._judged_bytes
            if came < settings.FETCH_MIN_BYTES_PER_SECOND * seconds:
                self._end(TooSlow())
            self._judged_at, self._judged_bytes = now, self.fetched

    def _renew(self) -> None:
        try:
            close_old_connections()
            if not self.job.renew(**self._progress()):
                self._end(LeaseLost())
        except (DatabaseError, InterfaceError) as error:
            # The lease lasts for a while yet.
            logger.warning("A lease could not be renewed: %s", error)
