"""Waking a worker: at most one message per process and 100 ms.

A thread of its own sends them, so that nobody waits for a broker, whatever its state. A
worker that is awake keeps looking, and a sweep finds what no message announced.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)

PAUSE_SECONDS = 0.1
# After a failure the sweep alone serves for a while.
PAUSE_AFTER_FAILURE_SECONDS = 5.0
EXPIRES_SECONDS = 2


class Throttle:
    """A thread that sends wake-ups, started with the first one: a process that was
    forked after would otherwise be without.

    announce: queues a task, as Celery's `apply_async` does.
    """

    def __init__(self, announce: Callable[..., object]) -> None:
        self._announce = announce
        self._requested = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def wake(self) -> None:
        """Request a wake-up; return at once and never fail."""
        self._requested.set()
        if self._thread is None or not self._thread.is_alive():
            with self._lock:
                if self._thread is None or not self._thread.is_alive():
                    self._thread = threading.Thread(
                        target=self._run, name="worker wakeup", daemon=True
                    )
                    self._thread.start()

    def _run(self) -> None:
        while True:
            self._requested.wait()
            self._requested.clear()
            sent = self._send()
            time.sleep(PAUSE_SECONDS if sent else PAUSE_AFTER_FAILURE_SECONDS)

    def _send(self) -> bool:
        """Send a wake-up, and tell whether the broker took it."""
        try:
            self._announce(retry=False, expires=EXPIRES_SECONDS, ignore_result=True)
        except (OperationalError, OSError) as error:
            logger.warning(
                "No worker could be woken; the sweep will find it: %s", error
            )
            return False
        return True
