"""Note that somebody asks this process to stop, and let its waits look for that."""

import signal
import time
from collections.abc import Callable
from types import FrameType

POLL_SECONDS = 0.05


class ShutdownRequested(Exception):
    """Leave a wait where a stop was asked for, so that what was begun ends in order."""


class ShutdownListener:
    """Note the signals that ask for a stop. The handler does no more: each wait looks.

    received: the last signal that came, until somebody has dealt with it.
    """

    def __init__(self) -> None:
        self.received: signal.Signals | None = None

    def listen(self) -> None:
        """Note SIGINT, SIGTERM and SIGHUP from here on, where each would end us."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._note)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.received = signal.Signals(number)

    def check(self) -> None:
        """Go on unless a stop was asked for.

        Raises:
            ShutdownRequested: it was.
        """
        if self.received is not None:
            raise ShutdownRequested

    def pause(self) -> None:
        """Sleep for POLL_SECONDS.

        Raises:
            ShutdownRequested: a stop was asked for before.
        """
        self.check()
        time.sleep(POLL_SECONDS)


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Return whether the condition came true within these seconds.

    For the way down, where nobody can ask a second time.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL_SECONDS)
    return True
