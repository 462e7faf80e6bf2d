"""Waking a worker: at most one message per process and 100 ms.

A message costs about half a millisecond, so not every POST sends one: a worker that is
awake keeps looking for longer than the pause, and the sweep finds the rest.
"""

from __future__ import annotations

import logging
import threading
import time

from kombu.exceptions import OperationalError

from integrations import tasks

logger = logging.getLogger(__name__)

PAUSE_SECONDS = 0.1
# After a failure the sweep alone serves for a while: a broker that is away must not
# cost every POST its timeout.
PAUSE_AFTER_FAILURE_SECONDS = 5.0
EXPIRES_SECONDS = 2

_lock = threading.Lock()
_quiet_until = 0.0


def nudge() -> None:
    """Tells a worker that there are deliveries. Its failure changes no answer."""
    if not _may_send(PAUSE_SECONDS):
        return
    try:
        tasks.process_deliveries.apply_async(
            retry=False, expires=EXPIRES_SECONDS, ignore_result=True
        )
    except (OperationalError, OSError) as error:
        logger.warning("No worker could be woken; the sweep will find it: %s", error)
        _stay_quiet(PAUSE_AFTER_FAILURE_SECONDS)


def _may_send(pause: float) -> bool:
    global _quiet_until
    with _lock:
        now = time.monotonic()
        if now < _quiet_until:
            return False
        _quiet_until = now + pause
        return True


def _stay_quiet(seconds: float) -> None:
    global _quiet_until
    with _lock:
        _quiet_until = time.monotonic() + seconds
