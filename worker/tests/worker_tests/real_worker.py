"""A worker of livekit-agents with the package in it, in the environment of that SDK.

    python real_worker.py OPTIONS

OPTIONS is a JSON object: `jobs`, a list of objects with `dies` (null, or `talking`, `said` or
`ending` and `after` seconds) and `hears` (whether it is recorded); `hook`, `session_end` or
`shutdown`; `at_once`, how many run beside each other; `linger`, how many seconds the worker
stays after the last one; `notes`, the file that the jobs write what they did to, a JSON
object a line. The address, the key and the outbox are in the environment, as of any worker.
"""

from __future__ import annotations

import array
import asyncio
import json
import logging
import math
import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

from livekit import rtc
from livekit.agents import AgentServer, AgentSession, JobContext
from livekit.agents.voice import io
from livekit.protocol import agent

CHECKOUT = Path(__file__).resolve().parents[3]
sys.path[:0] = [
    str(CHECKOUT / "worker"),
    str(CHECKOUT / "tests/integrations/livekit_worker"),
]
import scripted_agent  # noqa: E402
from dispatcher import ENDED, KEY, SECRET, Dispatcher, job_of  # noqa: E402
from ending import end_in_order, end_within  # noqa: E402

from zelto_livekit import configure, forward, watch  # noqa: E402

OPTIONS = json.loads(os.environ.setdefault("REAL_WORKER", sys.argv[-1]))
RUN_AT_MOST = 570.0  # seconds; the test waits somewhat longer
RATE, FRAME_SECONDS = 24_000, 0.02

configure(checkpoint_seconds=OPTIONS.get("checkpoint_seconds", 0.1))


def note(**fields: Any) -> None:
    """Write a line that no kill tears."""
    line = json.dumps({**fields, "at": time.time(), "pid": os.getpid()}) + "\n"
    handle = os.open(OPTIONS["notes"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(handle, line.encode())
    os.close(handle)


class Tone(io.AudioInput):
    """What a microphone hears, at the pace of a clock."""

    def __init__(self) -> None:
        super().__init__(label="microphone")
        samples = round(RATE * FRAME_SECONDS)
        wave = (12_000 * math.sin(2 * math.pi * 440 * n / RATE) for n in range(samples))
        self._frame = array.array("h", (round(one) for one in wave)).tobytes()

    async def __anext__(self) -> rtc.AudioFrame:
        await asyncio.sleep(FRAME_SECONDS)
        return rtc.AudioFrame(self._frame, RATE, 1, len(self._frame) // 2)


class Speaker(io.AudioOutput):
    """Plays what it is given for as long as that takes."""

    def __init__(self) -> None:
        super().__init__(
            label="speaker",
            capabilities=io.AudioOutputCapabilities(pause=False),
            sample_rate=RATE,
        )
        self._seconds = 0.0
        self._playing: asyncio.Task[None] | None = None

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        await super().capture_frame(frame)
        if not self._seconds:
            self.on_playback_started(created_at=time.time())
        self._seconds += frame.duration

    def flush(self) -> None:
        super().flush()
        if self._seconds:
            self._playing = asyncio.create_task(self._play(self._seconds))
            self._seconds = 0.0

    def clear_buffer(self) -> None:
        pass

    async def _play(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self.on_playback_finished(playback_position=seconds, interrupted=False)


async def speak(session: AgentSession[None], microphone: Tone) -> None:
    """Have the agent heard for half a second, and the caller all the time."""
    output = session.output.audio  # the SDK's recorder, with the speaker behind it
    session.output.set_audio_enabled(False)  # what it answers it writes
    assert output is not None
    for _ in range(25):
        await output.capture_frame(await microphone.__anext__())
    output.flush()
    await output.wait_for_playout()


def die_after(seconds: float) -> None:
    def die() -> None:
        time.sleep(seconds)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=die, daemon=True).start()


async def at_session_end(ctx: JobContext) -> None:
    """What a worker hands over that has more to do at the end than to forward."""
    options = json.loads(ctx.job.room.metadata)
    note(what="ending", job=ctx.job.id)
    if options["dies"] == "ending":
        die_after(options["after"])
    began = time.monotonic()
    await forward(ctx)
    note(what="forwarded", job=ctx.job.id, seconds=time.monotonic() - began)


async def entrypoint(ctx: JobContext) -> None:
    watch(ctx)
    options = json.loads(ctx.job.room.metadata)
    if options["dies"] == "talking":
        die_after(options["after"])
    if OPTIONS["hook"] == "shutdown":
        ctx.add_shutdown_callback(forward)
    session = AgentSession[None](llm=scripted_agent.ScriptedModel())
    if options["hears"]:
        microphone = Tone()
        session.input.audio = microphone
        session.output.audio = Speaker()
    await session.start(
        scripted_agent.Support(), record={"audio": True} if options["hears"] else False
    )
    if options["hears"]:
        await speak(session, microphone)
    await scripted_agent.SCENARIOS["order"](session)
    if options["dies"]:  # what was said is on the disk before anybody is killed
        checkpoint = Path(os.environ["ZELTO_OUTBOX"], f"{ctx.job.id}.checkpoint")
        while not checkpoint.exists():
            await asyncio.sleep(0.02)
    note(what="said", job=ctx.job.id)
    if options["dies"] == "said":
        die_after(options["after"])
    if options["dies"] in {"talking", "said"}:
        await asyncio.sleep(options["after"] + 5)
    ctx.shutdown(reason="the script has ended")


class OneAfterAnother(Dispatcher):
    """Hands out so many jobs, and the next when one of them is over."""

    def __init__(self, jobs: list[agent.Job], at_once: int) -> None:
        super().__init__(jobs)
        self._left: list[agent.ServerMessage] = []
        self._at_once = at_once
        self._over: set[str] = set()

    def _answers(self, message: agent.WorkerMessage) -> list[agent.ServerMessage]:
        answers = super()._answers(message)
        kind = message.WhichOneof("message")
        if kind == "register":
            registered, *offers = answers
            self._left = offers[self._at_once :]
            return [registered, *offers[: self._at_once]]
        if kind == "update_job" and message.update_job.status in ENDED:
            job_id = message.update_job.job_id
            if job_id not in self._over and self._left:
                answers.append(self._left.pop(0))
            self._over.add(job_id)
        return answers


async def run() -> None:
    jobs = [
        job_of(number, f"room-{number}", json.dumps(options), "front-desk")
        for number, options in enumerate(OPTIONS["jobs"], start=OPTIONS.get("first", 0))
    ]
    dispatcher = OneAfterAnother(jobs, OPTIONS["at_once"])
    await dispatcher.start()
    server = AgentServer(
        host="127.0.0.1",
        port=0,
        num_idle_processes=0,
        initialize_process_timeout=60.0,  # older ones import all of it in each process
        ws_url=dispatcher.url,
        api_key=KEY,
        api_secret=SECRET,
    )
    hook = at_session_end if OPTIONS["hook"] == "session_end" else None
    server.rtc_session(entrypoint, on_session_end=hook)
    serving = asyncio.create_task(server.run(devmode=True))
    ended = asyncio.create_task(dispatcher.all_ended.wait())
    await asyncio.wait({serving, ended}, return_when=asyncio.FIRST_COMPLETED)
    if not ended.done():
        serving.result()
    note(what="worker", states=[dispatcher.states.get(job.id) for job in jobs])
    await asyncio.sleep(OPTIONS.get("linger", 0))
    await end_in_order(server)
    await serving
    await dispatcher.stop()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    end_within(RUN_AT_MOST)
    asyncio.run(run())
