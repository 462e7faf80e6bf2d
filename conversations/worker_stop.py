"""When a task of a worker stops: once its process is to end, or its turn is over and
other tasks in the queue are due.
"""

from __future__ import annotations

import threading
import time

# Set by a signal of Celery's, in the process that runs the tasks: its pool is of threads.
requested = threading.Event()


def is_requested() -> bool:
    """Tell whether this process is to end."""
    return requested.is_set()


def wait(seconds: float) -> None:
    """Wait for so long, or until this process is to end."""
    requested.wait(seconds)


class Turn:
    """What one run of a task may take, in seconds."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    @property
    def is_over(self) -> bool:
        """Tell whether the time is used up, or this process is to end."""
        return is_requested() or time.monotonic() >= self._end
