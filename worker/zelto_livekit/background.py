"""A thread of the worker's own process that sends what its jobs left."""

from __future__ import annotations

import atexit
import fcntl
import logging
import multiprocessing
import os
import threading
import time
from collections.abc import Callable
from typing import BinaryIO

from zelto_livekit.outbox import BACKGROUND_LOCK, Outbox
from zelto_livekit.sender import Backoff, Result, Sender
from zelto_livekit.settings import Settings

logger = logging.getLogger("zelto")
LOOK_SECONDS = 2.0


class Background:
    """Looks into the outbox every two seconds; one at a time does so for each folder.

    read: what tells the settings, which may come after the import of the package.
    """

    def __init__(self, read: Callable[[], Settings]) -> None:
        self._read = read
        self._stopped = threading.Event()
        self._thread = threading.Thread(
            target=self._run, name="zelto-livekit", daemon=True
        )
        self._sender: Sender | None = None
        self._lock: BinaryIO | None = None
        self._own_backoff = Backoff()
        self._last_reason = ""

    def start(self) -> None:
        """Start the thread, and send once more when the process ends."""
        self._thread.start()
        atexit.register(self._send_at_exit)

    def stop(self) -> None:
        """End the thread, and leave what waits to others."""
        self._stopped.set()
        if self._lock is not None and not self._thread.is_alive():
            self._lock.close()

    def _run(self) -> None:
        while not self._stopped.wait(LOOK_SECONDS):
            if not self._own_backoff.is_over:
                continue
            try:
                self.look()
            except Exception as error:  # a disk that is full or gone, and may come back
                self._own_backoff.failed(0.0)
                self._say(f"the outbox cannot be worked on ({type(error).__name__})")
            else:
                self._own_backoff = Backoff()

    def look(self) -> Result | None:
        """Send what waits, where it is time to."""
        sender = self._tending_sender()
        if sender is None or not sender.backoff.is_over or not sender.outbox.entries():
            return None
        result = sender.send_all()
        reason = "" if result.not_now is None else result.not_now.sentence
        if result.sent or reason != self._last_reason:
            self._say(reason, result)
        return result

    def _tending_sender(self) -> Sender | None:
        """Return the sender of the folder, None while another process tends to it."""
        settings = self._read()
        if settings.faults:
            return None
        if self._sender is not None and self._sender.settings == settings:
            return self._sender
        if self._lock is not None:
            self._lock.close()
        self._sender = None
        outbox = Outbox(settings.outbox)
        outbox.make()
        self._lock = (outbox.folder / BACKGROUND_LOCK).open("ab")
        try:
            fcntl.flock(self._lock.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return None
        self._sender = Sender(settings, outbox)
        return self._sender

    def _send_at_exit(self) -> None:
        if self._stopped.is_set():
            return
        self._stopped.set()
        try:
            sender = self._tending_sender()
            if sender is None:
                return
            self._thread.join(sender.settings.try_for)
            if not self._thread.is_alive() and sender.outbox.entries():
                sender.send_all(stop=time.monotonic() + sender.settings.try_for)
        except OSError as error:
            self._say(f"the outbox cannot be worked on ({type(error).__name__})")

    def _say(self, reason: str, result: Result | None = None) -> None:
        self._last_reason = reason
        if reason:
            logger.warning("Zelto does not take what waits in the outbox: %s", reason)
        elif result is not None:
            logger.info("from the outbox: %s", result)


def is_tended(outbox: Outbox) -> bool:
    """Tell whether a worker process looks after the folder."""
    try:
        with (outbox.folder / BACKGROUND_LOCK).open("rb") as lock:
            fcntl.flock(lock.fileno(), fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:  # there is none, or no way to it
        return False
    return False


def is_worker_process() -> bool:
    """Tell the worker from its job processes, and from what only starts these."""
    if os.environ.get("ZELTO_BACKGROUND", "").lower() == "off":
        return False
    is_starting_others = getattr(
        multiprocessing.current_process(), "_inheriting", False
    )
    return multiprocessing.parent_process() is None and not is_starting_others
