"""Runs jobs and kills them: at a moment, or at a line of the code that runs.

    python -m worker_tests.killed_jobs URL OUTBOX SEED BY_TIME BY_LINE

Each job is a fork of this process with sessions one after another, until SIGKILL takes
it. Writes what each of them had done by then, a line for each thing: `said ID` once a
checkpoint is there, `ended ID` once the session is on the disk, `sent ID` once the hook has
returned, `killed`.
"""

from __future__ import annotations

import logging
import os
import random
import signal
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Any

from worker_tests.contexts import Context
from worker_tests.stand_in import KEY
from zelto_livekit import forwarder
from zelto_livekit.checkpoints import Checkpoints
from zelto_livekit.client import user_agent
from zelto_livekit.session_body import body_so_far, session_body
from zelto_livekit.settings import Settings, read_settings

MAX_SESSIONS = 1_000
LONGEST_SECONDS = 0.3
MAX_LINES = 15_000  # of two or three sessions


def tell(words: str) -> None:
    os.write(1, f"{words}\n".encode())


def run_session(settings: Settings, job_id: str, recording: Path) -> None:
    """Do in one thread what a job does in two."""
    ctx: Any = Context(job_id, "hello", recording=recording)
    checkpoints = Checkpoints(settings, job_id)
    forwarder._checkpoints[job_id] = checkpoints
    checkpoints._write(body_so_far(ctx, settings.agent_id))
    tell(f"said {job_id}")
    body = session_body(ctx, settings.agent_id)
    handover = forwarder.keep(settings, job_id, body, (recording, 1764424000.0))
    tell(f"ended {job_id}")
    stop = time.monotonic() + settings.try_for
    if forwarder.send(handover, stop):
        forwarder.send_what_else_waits(handover, stop, 1.0)
    tell(f"sent {job_id}")


def run_job(settings: Settings, name: str, recording: Path) -> None:
    for number in range(MAX_SESSIONS):
        run_session(settings, f"AJ_{name}_{number}", recording)


def die_at_line(count: int) -> None:
    """Have this process killed when it has run so many lines, of the library's too."""
    left = count

    def trace(_frame: FrameType, event: str, _argument: object) -> Any:
        nonlocal left
        if event == "line":
            left -= 1
            if left <= 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    sys.settrace(trace)


def kill_one(
    settings: Settings, name: str, recording: Path, *, seconds: float, lines: int
) -> None:
    """Start a job, and see it killed. lines: 0 where it is killed by time."""
    job = os.fork()
    if not job:
        if lines:
            die_at_line(lines)
        run_job(settings, name, recording)
        os._exit(0)
    if not lines:
        time.sleep(seconds)
        os.kill(job, signal.SIGKILL)
    _pid, status = os.waitpid(job, 0)
    assert os.WIFSIGNALED(status), "it ran to its end"
    tell("killed")


def main() -> None:
    url, outbox, seed, by_time, by_line = sys.argv[1:]
    logging.disable()
    given = {"url": url, "key": KEY, "outbox": outbox, "checkpoint_seconds": 30}
    settings = read_settings(given, {})
    recording = Path(outbox).with_name("recording.ogg")
    recording.write_bytes(b"OggS" * 1000)
    user_agent()  # it is slow where livekit-agents is not installed, and no concern here
    chance = random.Random(int(seed))  # noqa: S311
    for number in range(int(by_time) + int(by_line)):
        is_by_line = number >= int(by_time)
        kill_one(
            settings,
            f"{seed}_{number}",
            recording,
            seconds=chance.uniform(0, LONGEST_SECONDS),
            lines=chance.randrange(1, MAX_LINES) if is_by_line else 0,
        )


if __name__ == "__main__":
    main()
