"""Python's collector of cycles, paused while something large is made.

It runs after so many new objects and looks at all of them, each time for nothing where
JSON is parsed: its values have no cycles.
"""

from __future__ import annotations

import gc
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

# Threads that overlap keep it paused; none joins a pause that is older than this.
MAX_PAUSE_SECONDS = 2.0

_lock = threading.Lock()
_holders = 0
_since = 0.0


@contextmanager
def collector_paused() -> Iterator[None]:
    """Pause the collector of this process, until the last of the threads that want it
    paused is done."""
    is_held = _hold()
    try:
        yield
    finally:
        if is_held:
            _release()


def _hold() -> bool:
    """Take part in a pause, or begin one; False where that is not to be."""
    global _holders, _since
    with _lock:
        if not _holders:
            if not gc.isenabled():
                return False  # somebody else's decision
            gc.disable()
            _since = time.monotonic()
        elif time.monotonic() - _since > MAX_PAUSE_SECONDS:
            return False
        _holders += 1
        return True


def _release() -> None:
    global _holders
    with _lock:
        _holders -= 1
        if not _holders:
            gc.enable()
