"""Waking a worker: at most one message per process and 100 ms.

A thread of its own sends them, so that no answer waits for a broker, whatever becomes
of that one. A worker that is awake keeps looking for longer than the pause, and the
sweep finds what no message announced.
"""

from __future__ import annotations

import logging
import threading
import time

from kombu.exceptions import OperationalError

from integrations import tasks

logger = logging.getLogger(__name__)

PAUSE_SECONDS = 0.1
# After a failure the sweep alone serves for a while.
PAUSE_AFTER_FAILURE_SECONDS = 5.0
EXPIRES_SECONDS = 2


class Nudger:
    """One thread, begun with the first nudge: a process that was forked after would
    otherwise be without."""

    def __init__(self) -> None:
        self._wanted = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def nudge(self) -> None:
        self._wanted.set()
        if self._thread is None or not self._thread.is_alive():
            with self._lock:
                if self._thread is None or not self._thread.is_alive():
                    self._thread = threading.Thread(
                        target=self._run, name="nudge", daemon=True
                    )
                    self._thread.start()

    def _run(self) -> None:
        while True:
            self._wanted.wait()
            self._wanted.clear()
            time.sleep(PAUSE_SECONDS if send() else PAUSE_AFTER_FAILURE_SECONDS)


def send() -> bool:
    """Whether the broker took the message."""
    try:
        tasks.process_deliveries.apply_async(
            retry=False, expires=EXPIRES_SECONDS, ignore_result=True
        )
    except (OperationalError, OSError) as error:
        logger.warning("No worker could be woken; the sweep will find it: %s", error)
        return False
    return True


_nudger = Nudger()


def nudge() -> None:
    """Tells a worker that there are deliveries; returns at once and never fails."""
    _nudger.nudge()
