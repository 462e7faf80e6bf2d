"""Renewing the leases of deliveries while they are worked on, from a thread of its own.

So nobody else claims what is still worked on, however long it takes. What makes no
progress for `MAX_SILENT_SECONDS` is let go: its lease ends, and it is tried again.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from django.conf import settings
from django.db import DatabaseError, InterfaceError, close_old_connections, connection

from integrations.delivery_log import claims
from integrations.delivery_log.claims import Claimed

logger = logging.getLogger(__name__)

MAX_SILENT_SECONDS = 900.0


class _Work:
    """Deliveries that are worked on, and when that last got on."""

    def __init__(self, claimed: Sequence[Claimed]) -> None:
        self.claimed = claimed
        self.progressed_at = time.monotonic()

    def note_progress(self) -> None:
        self.progressed_at = time.monotonic()


class _Keeper:
    """One thread of a process; it ends when nothing is left to renew."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._works: list[_Work] = []
        self._thread: threading.Thread | None = None

    def add(self, work: _Work) -> None:
        with self._lock:
            self._works.append(work)
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._run, name="delivery leases", daemon=True
                )
                self._thread.start()

    def remove(self, work: _Work) -> None:
        with self._lock:
            if work in self._works:
                self._works.remove(work)

    def _run(self) -> None:
        while True:
            time.sleep(min(10.0, settings.LEASE_SECONDS / 4))
            with self._lock:
                if not self._works:
                    self._thread = None
                    return
                works = list(self._works)
            self._renew(works)

    def _renew(self, works: Sequence[_Work]) -> None:
        try:
            close_old_connections()
            for work in works:
                if time.monotonic() - work.progressed_at > MAX_SILENT_SECONDS:
                    logger.error("Deliveries make no progress: %s", _named(work))
                    self.remove(work)
                else:
                    claims.renew(work.claimed)
        except (DatabaseError, InterfaceError) as error:
            # The leases last for a while yet.
            logger.warning("Leases of deliveries could not be renewed: %s", error)
        finally:
            connection.close()


_keeper = _Keeper()


@contextmanager
def keeping(claimed: Sequence[Claimed]) -> Iterator[Callable[[], None]]:
    """Keep the leases of these deliveries for the block, and yield a function that tells
    of progress.
    """
    work = _Work(claimed)
    _keeper.add(work)
    try:
        yield work.note_progress
    finally:
        _keeper.remove(work)


def _named(work: _Work) -> str:
    return ", ".join(str(one.sequence) for one in work.claimed[:10])
