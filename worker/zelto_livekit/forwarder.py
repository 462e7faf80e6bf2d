"""The hook at the end of a session: to the disk, then to Zelto."""

from __future__ import annotations

import asyncio
import logging
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from zelto_livekit.answers import Answer, Verdict
from zelto_livekit.background import Background, is_tended, is_worker_process
from zelto_livekit.bounds import keep_within_bounds
from zelto_livekit.checkpoints import Checkpoints
from zelto_livekit.client import TRY_SECONDS
from zelto_livekit.outbox import Entry, Kind, Outbox, entries_in
from zelto_livekit.sender import Sender
from zelto_livekit.session_body import (
    NoSessionError,
    encode,
    recording_of,
    session_body,
)
from zelto_livekit.settings import Settings, read_settings
from zelto_livekit.threads import run_beside

if TYPE_CHECKING:
    from livekit.agents import JobContext

logger = logging.getLogger("zelto")

FIRST_PAUSE = 0.5  # seconds between two tries
SLACK_SECONDS = 1.0
AUDIO_SECONDS = 60.0  # where no worker process sends it
NEGLECTED_SECONDS = 600.0  # what waits longer is sent whoever else looks after it
# Of this process. A job may hook in twice.
_kept: set[str] = set()
_checkpoints: dict[str, Checkpoints] = {}


@dataclass(frozen=True)
class Handover:
    """A session on its way.

    file: locked in the outbox, None where the disk is full. checkpoints: what was written
    before its end, until the session itself is somewhere.
    """

    settings: Settings
    outbox: Outbox
    job_id: str
    body: bytes
    file: BinaryIO | None
    audio: Path | None
    checkpoints: Checkpoints | None

    def close(self) -> None:
        """Leave the file to whoever sends it next."""
        if self.file is not None:
            self.file.close()


class Forwarder:
    """Forwards sessions with settings of its own.

    url, key, agent_id, outbox, outbox_max_mb, outbox_max_days: as in the environment
    (ZELTO_URL, ZELTO_API_KEY, ZELTO_AGENT_ID, ZELTO_OUTBOX, ...), which they win over.
    try_for: seconds that the end of a job may wait for Zelto. checkpoint_seconds: how often
    `watch` writes the history so far. redact: a function that is given each item of the
    history and returns what may leave the process, or None. audio: whether the recording is
    sent; by default it is, but where there is a `redact`.
    """

    def __init__(self, **given: Any) -> None:
        self._given = given
        self._background: Background | None = None
        if is_worker_process():
            self._background = Background(self.settings)
            self._background.start()

    def __getstate__(self) -> dict[str, Any]:
        # To job processes goes no thread.
        return {"_given": self._given, "_background": None}

    def stop(self) -> None:
        """Send nothing in the background."""
        if self._background is not None:
            self._background.stop()

    def settings(self) -> Settings:
        """Return the settings as they stand now."""
        return read_settings(self._given)

    def configure(self, **given: Any) -> None:
        """Set, at the top level of the worker's file, what the environment does not."""
        self._given |= given

    async def forward(self, ctx: JobContext | str | None = None) -> None:
        """Keep and send the session of this job: `on_session_end`, or a shutdown callback.

        It never raises, and what it cannot send is sent later.
        """
        job_id = "?"
        try:
            if ctx is None or isinstance(
                ctx, str
            ):  # a shutdown callback: time is short
                job, audio_seconds = _job_context(), 0.0
            else:
                job, audio_seconds = ctx, AUDIO_SECONDS
            job_id = job.job.id
            await self._forward(job, audio_seconds)
        except Exception as error:  # never the worker's problem, but always in its log
            logger.error("session %s was not forwarded: %s", job_id, place_of(error))

    def watch(self, ctx: JobContext) -> None:
        """Write the history so far every `checkpoint_seconds`; call it as the job begins."""
        try:
            settings = self.settings()
            job_id = ctx.job.id
            if settings.checkpoint_seconds is None or job_id in _checkpoints:
                return
            checkpoints = _checkpoints[job_id] = Checkpoints(settings, job_id)
            checkpoints.task = asyncio.get_running_loop().create_task(
                checkpoints.run(ctx, settings.checkpoint_seconds)
            )
        except Exception as error:
            logger.error("no checkpoints will be written: %s", place_of(error))

    async def _forward(self, ctx: JobContext, audio_seconds: float) -> None:
        settings, job_id = self.settings(), ctx.job.id
        if job_id in _kept:
            return
        try:
            body = session_body(ctx, settings.agent_id)
        except NoSessionError:
            logger.info("job %s had no session: there is nothing to forward", job_id)
            return
        recording = recording_of(ctx) if settings.audio else None
        # The disk takes what time it needs: the SDK deletes the recording afterwards.
        handover = await run_beside(lambda: keep(settings, job_id, body, recording))
        if handover.file is not None:
            _kept.add(job_id)
        if settings.faults:
            logger.error(
                "session %s waits in %s: %s",
                *(job_id, settings.outbox, " ".join(settings.faults)),
            )
            handover.close()
            await run_beside(lambda: keep_within_bounds(handover.outbox, settings))
            return
        try:
            stop = time.monotonic() + settings.try_for
            # What no timeout binds, such as the resolver of names, is left behind.
            in_time = settings.try_for + SLACK_SECONDS
            if await run_beside(lambda: send(handover, stop), in_time):
                await run_beside(
                    lambda: send_what_else_waits(handover, stop, audio_seconds),
                    in_time + audio_seconds,
                )
        except asyncio.TimeoutError:
            where = "is LOST" if handover.file is None else "waits in the outbox"
            logger.error("session %s %s: nothing answered in time", job_id, where)


def keep(
    settings: Settings,
    job_id: str,
    body: dict[str, Any],
    recording: tuple[Path, float] | None,
) -> Handover:
    """Write a session that has ended, and its recording, into the outbox."""
    if settings.checkpoint_seconds is not None:
        body = body | {"metadata": {"partial": False}}
    outbox, encoded = Outbox(settings.outbox), encode(body, settings.redact)
    checkpoints = _checkpoints.pop(job_id, None)
    if checkpoints is not None:
        checkpoints.end()
    file, audio = None, None
    try:
        file = outbox.write(job_id, Kind.SESSION, encoded)
        if checkpoints is not None:
            checkpoints.forget()
    except OSError as error:
        logger.error(
            "session %s could not be written to %s (%s): it is sent from memory",
            *(job_id, settings.outbox, error.strerror),
        )
    if recording is not None:
        try:
            audio = outbox.keep_audio(job_id, *recording)
        except OSError as error:
            logger.error(
                "the recording of session %s could not be kept in %s: %s",
                *(job_id, settings.outbox, error.strerror),
            )
    return Handover(settings, outbox, job_id, encoded, file, audio, checkpoints)


def send(handover: Handover, stop: float) -> bool:
    """Send a session, and tell whether Zelto has it. stop: monotonic."""
    settings, outbox = handover.settings, handover.outbox
    others_send = is_tended(outbox)
    try:
        answer = try_for_a_while(
            Sender(settings, outbox), handover, stop, once=others_send
        )
    finally:
        handover.close()
    is_stored = answer.verdict is Verdict.STORED
    if handover.file is None:
        if is_stored and handover.checkpoints is not None:
            handover.checkpoints.forget()
    elif not is_stored and not others_send:
        keep_within_bounds(outbox, settings)
    return is_stored


def send_what_else_waits(handover: Handover, stop: float, audio_seconds: float) -> None:
    """Send the recording of a session and what was left, where nobody else would."""
    outbox = handover.outbox
    if handover.file is None:
        return
    left = sorted(entries_in(outbox.folder), key=lambda one: one.since)
    is_neglected = left and time.time() - left[0].since > NEGLECTED_SECONDS
    if is_tended(outbox) and not is_neglected:
        return
    sender = Sender(handover.settings, outbox)
    if handover.audio is not None and audio_seconds:
        sender.send_all(stop=time.monotonic() + audio_seconds, only=handover.audio)
    sender.send_all(stop=stop)


def try_for_a_while(
    sender: Sender, handover: Handover, stop: float, *, once: bool
) -> Answer:
    """Send the session until Zelto has it, or time is over; say in the log what came of it.

    once: another process tries on.
    """
    job_id, file, pause = handover.job_id, handover.file, FIRST_PAUSE
    entry = Entry(
        handover.outbox.path_of(job_id, Kind.SESSION), Kind.SESSION, job_id, 0.0, 0
    )
    with sender.client() as client:
        while True:
            seconds = min(TRY_SECONDS, stop - time.monotonic())
            if file is not None:
                answer = sender.send(client, entry, file, seconds)
            else:
                answer = client.post_session(handover.body, seconds)
            pause = max(pause, answer.retry_after)
            is_done = answer.verdict in {Verdict.STORED, Verdict.REFUSED}
            if is_done or (once and file) or time.monotonic() + pause >= stop:
                break
            time.sleep(pause)
            pause *= 2
    if file is not None:
        if not is_done:
            logger.warning(
                "session %s waits in the outbox: %s", job_id, answer.sentence
            )
    elif answer.verdict is not Verdict.STORED:
        logger.error(
            "session %s is LOST: %s %s", job_id, answer.sentence, answer.faults
        )
    return answer


def place_of(error: Exception) -> str:
    """Say what went wrong and where, without its text, which may hold what was said."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return type(error).__name__
    code = trace.tb_frame.f_code
    return f"{type(error).__name__} in {Path(code.co_filename).name}:{trace.tb_lineno}"


def _job_context() -> JobContext:
    from livekit.agents import get_job_context

    return get_job_context()
