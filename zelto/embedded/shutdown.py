"""Being asked to stop. The handler only notes it: each wait looks for itself."""

import signal
import time
from collections.abc import Callable
from types import FrameType

LOOK_EVERY = 0.05  # seconds


class StopRequested(Exception):
    """Raised from a wait, so that what was begun is ended in order."""


class Stopping:
    def __init__(self) -> None:
        self.requested: signal.Signals | None = None

    def listen(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._note)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self.requested = signal.Signals(number)

    def check(self) -> None:
        if self.requested is not None:
            raise StopRequested

    def pause(self) -> None:
        self.check()
        time.sleep(LOOK_EVERY)


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """For the way down, where nobody can ask a second time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(LOOK_EVERY)
    return True
