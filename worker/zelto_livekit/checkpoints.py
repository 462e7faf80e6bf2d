"""The history so far, written while a session runs: what a killed job leaves."""

from __future__ import annotations

import asyncio
import fcntl
import logging
import threading
from typing import TYPE_CHECKING, Any, BinaryIO

from zelto_livekit.outbox import Kind, Outbox
from zelto_livekit.session_body import (
    NoSessionError,
    as_of_dead_job,
    body_so_far,
    encode,
)
from zelto_livekit.settings import Settings
from zelto_livekit.threads import run_beside

if TYPE_CHECKING:
    from livekit.agents import JobContext

logger = logging.getLogger("zelto")


class Checkpoints:
    """Those of one job. Its lock tells all others that the job is alive."""

    def __init__(self, settings: Settings, job_id: str) -> None:
        self._settings = settings
        self._job_id = job_id
        self._outbox = Outbox(settings.outbox)
        self._writing = threading.Lock()
        self._alive: BinaryIO | None = None
        self._is_over = False
        self._said_why = ""
        self.task: asyncio.Task[None] | None = None

    async def run(self, ctx: JobContext, seconds: float) -> None:
        """Write the history every so many seconds, until the job ends."""
        written_items = -1
        while not self._is_over:
            await asyncio.sleep(seconds)
            try:
                body = body_so_far(ctx, self._settings.agent_id)
            except NoSessionError:
                continue
            items = len(body["sessionReport"]["chat_history"]["items"])
            if items == written_items:
                continue
            try:
                await run_beside(lambda body=body: self._write(body))  # type: ignore[misc]
                written_items = items
            except OSError as error:
                self._complain(error.strerror or type(error).__name__)

    def end(self) -> None:
        """Write no more. What is being written is over when this returns."""
        with self._writing:
            self._is_over = True
        if self.task is not None:
            self.task.get_loop().call_soon_threadsafe(self.task.cancel)

    def forget(self) -> None:
        """Drop what was written: the whole session is there, or there was none."""
        self._outbox.drop_checkpoint(self._job_id)
        if self._alive is not None:
            self._alive.close()
            self._alive = None

    def _write(self, body: dict[str, Any]) -> None:
        with self._writing:
            if self._is_over:
                return
            if self._alive is None:
                self._alive = self._take_lock()
            marked = encode(as_of_dead_job(body), self._settings.redact)
            self._outbox.write(self._job_id, Kind.CHECKPOINT, marked).close()

    def _take_lock(self) -> BinaryIO:
        self._outbox.make()
        path = self._outbox.path_of(self._job_id, Kind.CHECKPOINT).with_suffix(".alive")
        file = path.open("wb")
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        return file

    def _complain(self, why: str) -> None:
        if why != self._said_why:
            self._said_why = why
            logger.error(
                "no checkpoint of session %s was written: %s", self._job_id, why
            )
