"""The package in real workers of livekit-agents, whose jobs are killed.

One release always; all that are named in WORKER_SDKS (`1.4.6,2.0.0b1`), each in an
environment of its own in `var/livekit-VERSION`, which is made where it is missing.
WORKER_REAL_KILLS says how many jobs of each are killed.
"""

from __future__ import annotations

import fcntl
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.integrations.livekit_worker.worker import livekit_python
from tests.zelto.free_port import free_port
from worker_tests.outboxes import names
from worker_tests.stand_in import KEY, Zelto, running, serving
from zelto_livekit.outbox import Outbox
from zelto_livekit.sender import Sender
from zelto_livekit.settings import read_settings

CHECKOUT = Path(__file__).resolve().parents[3]
WORKER = Path(__file__).with_name("real_worker.py")
PINNED = "1.8.9"
SDKS = [PINNED, *filter(None, os.environ.get("WORKER_SDKS", "").split(","))]
# What a release needs beside what it says.
BESIDE = {"1.4.6": ["httpx"]}
KILLS = int(os.environ.get("WORKER_REAL_KILLS", "6"))
AT_ONCE = 3
RUN_AT_MOST = 600.0

pytestmark = [
    pytest.mark.processes,
    pytest.mark.xdist_group("livekit_worker"),  # the machine is busy with each
]


def python_of(sdk: str) -> Path:
    """Return the Python that has this release."""
    if sdk == PINNED:
        return livekit_python()
    folder = CHECKOUT / "var" / f"livekit-{sdk}"
    python = folder / "bin" / "python"
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not python.exists():
            wanted = [f"livekit-agents=={sdk}", *BESIDE.get(sdk, [])]
            for command in (
                [sys.executable, "-m", "venv", str(folder)],
                [str(python), "-m", "pip", "install", "-q", *wanted],
            ):
                subprocess.run(command, check=True)  # noqa: S603
    return python


@dataclass
class Worker:
    """A worker and what its jobs wrote of themselves."""

    process: subprocess.Popen[str]
    notes_file: Path
    log_file: Path
    notes: list[dict[str, Any]] = field(default_factory=list)

    def wait(self) -> None:
        code = self.process.wait(RUN_AT_MOST)
        assert code == 0, self.log_file.read_text()[-3000:]
        self.read()

    def read(self) -> None:
        if self.notes_file.exists():
            lines = self.notes_file.read_text().splitlines()
            self.notes = [json.loads(line) for line in lines]

    def jobs(self, what: str) -> set[str]:
        self.read()
        return {note["job"] for note in self.notes if note["what"] == what}

    def seconds(self) -> list[float]:
        return [note["seconds"] for note in self.notes if note["what"] == "forwarded"]

    def kill(self) -> None:
        """Take the worker and all of its job processes away at once."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.read()


def environment_of(url: str, outbox: Path, key: str = KEY) -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("ZELTO_", "LIVEKIT_", "DJANGO_", "REAL_WORKER"))
        # Each of many processes would compile all code again.
        and name != "PYTHONDONTWRITEBYTECODE"
    }
    return {**kept, "ZELTO_URL": url, "ZELTO_API_KEY": key, "ZELTO_OUTBOX": str(outbox)}


@contextmanager
def working(
    sdk: str,
    url: str,
    folder: Path,
    jobs: Sequence[dict[str, Any]],
    *,
    key: str = KEY,
    **options: Any,
) -> Iterator[Worker]:
    """Run a worker for the block. folder: holds the outbox, the notes and the log."""
    number = options.get("first", 0)
    notes, log = folder / f"notes-{number}", folder / f"log-{number}"
    given = {"jobs": list(jobs), "hook": "session_end", "at_once": AT_ONCE}
    written = json.dumps({**given, "notes": str(notes), **options})
    with log.open("w") as output:
        process = subprocess.Popen(  # noqa: S603
            [str(python_of(sdk)), str(WORKER), written],
            env=environment_of(url, folder / "outbox", key),
            stdout=output,
            stderr=output,
            text=True,
            start_new_session=True,
        )
    worker = Worker(process, notes, log)
    try:
        yield worker
    finally:
        if process.poll() is None:
            worker.kill()


def job(*, dies: str | None = None, after: float = 0.0, hears: bool = False) -> Any:
    return {"dies": dies, "after": after, "hears": hears}


def flush(url: str, folder: Path, key: str = KEY) -> None:
    """Send what is left, as `zelto-livekit flush` does."""
    outbox = Outbox(folder / "outbox")
    settings = read_settings({"url": url, "key": key, "outbox": outbox.folder}, {})
    Sender(settings, outbox).send_all(is_patient=False)


def whole_of(zelto: Zelto) -> set[str]:
    return {
        job_id
        for job_id, bodies in zelto.calls.items()
        if bodies[-1]["metadata"]["partial"] is False
    }


@pytest.mark.parametrize("hook", ["session_end", "shutdown"])
@pytest.mark.parametrize("sdk", SDKS)
def test_a_session_and_what_was_heard_of_it_arrive(
    tmp_path: Path, sdk: str, hook: str
) -> None:
    with running() as zelto:
        jobs = [job(), job(hears=True)]
        with working(sdk, zelto.url, tmp_path, jobs, hook=hook, linger=4) as worker:
            worker.wait()
    assert worker.jobs("said") == whole_of(zelto)
    assert [len(bodies) for bodies in zelto.calls.values()] == [1, 1]
    for bodies in zelto.calls.values():
        body = bodies[0]
        assert body["agent"] == {"externalId": "front-desk"}
        assert body["call"]["endedReason"] == "user_initiated"
        items = body["sessionReport"]["chat_history"]["items"]
        kinds = {item["type"] for item in items}
        assert {"message", "function_call", "function_call_output"} <= kinds
    [(heard, [audio])] = zelto.audio.items()
    assert heard == "AJ_test00000001"
    assert audio.startswith(b"OggS")
    agents = {request.headers["User-Agent"] for request in zelto.requests}
    assert len(agents) == 1
    assert f"livekit-agents {sdk}; Python 3." in agents.pop()
    assert names(Outbox(tmp_path / "outbox")) == []


@pytest.mark.parametrize("sdk", SDKS)
def test_no_kill_of_a_job_loses_what_was_said(tmp_path: Path, sdk: str) -> None:
    chance = random.Random(16)  # noqa: S311
    jobs = [
        job(dies="talking", after=chance.uniform(0.5, 2.5))
        if number % 3 == 0
        else job(dies="ending", after=chance.uniform(0, 0.15))
        for number in range(KILLS)
    ]
    with running() as zelto:
        with working(sdk, zelto.url, tmp_path, jobs, linger=4) as worker:
            worker.wait()
        flush(zelto.url, tmp_path)
    whole, found = whole_of(zelto), set(zelto.calls)
    said, ended = worker.jobs("said"), worker.jobs("forwarded")
    print(  # noqa: T201 - shown with -s
        f"\nlivekit-agents {sdk}, {KILLS} jobs killed: {len(said)} sessions were held, "
        f"{len(ended)} hooks returned; found {len(whole)} whole and {len(found - whole)} in "
        f"part, lost {len(said - found)}"
    )
    assert ended - whole == set()
    assert said - found == set()
    for job_id in found - whole:
        assert zelto.calls[job_id][-1]["call"]["endedReason"] == "worker_died"
    left = names(Outbox(tmp_path / "outbox"))
    assert [name for name in left if not name.endswith((".tmp", ".alive"))] == []


def test_while_zelto_is_away_and_the_worker_is_killed_nothing_is_lost(
    tmp_path: Path,
) -> None:
    """The next worker on the folder sends what the one before it could not."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with working(PINNED, url, tmp_path, [job()] * 3, linger=60) as first:
        wait_until(lambda: len(first.jobs("forwarded")) == 3)
        first.kill()
    zelto = Zelto()
    with (
        serving(zelto, port),
        working(PINNED, url, tmp_path, [job()], first=10, linger=4) as second,
    ):
        second.wait()
    assert whole_of(zelto) == first.jobs("said") | second.jobs("said")
    assert [len(bodies) for bodies in zelto.calls.values()] == [1] * 4


def test_two_workers_on_one_folder_send_each_session_once(tmp_path: Path) -> None:
    with running() as zelto, ExitStack() as both:
        workers = [
            both.enter_context(
                working(PINNED, zelto.url, tmp_path, [job()] * 3, first=first, linger=2)
            )
            for first in (0, 10)
        ]
        for worker in workers:
            worker.wait()
    assert len(zelto.calls) == 6
    assert [len(bodies) for bodies in zelto.calls.values()] == [1] * 6


def wait_until(is_there: Any, seconds: float = 120.0) -> None:
    stop = time.monotonic() + seconds
    while not is_there():
        assert time.monotonic() < stop, "it never came"
        time.sleep(0.05)


@pytest.mark.skipif("WORKER_TIMES" not in os.environ, reason="it takes minutes")
@pytest.mark.parametrize("sdk", SDKS)
@pytest.mark.parametrize("state", ["up", "slow", "away"])
def test_how_long_the_end_of_a_job_takes(tmp_path: Path, sdk: str, state: str) -> None:
    """Prints; WORKER_TIMES is the number of jobs."""
    jobs = [job()] * int(os.environ["WORKER_TIMES"])
    with running() as zelto:
        if state == "slow":
            zelto.step = lambda _request: time.sleep(5)
        url = zelto.url if state != "away" else f"http://127.0.0.1:{free_port()}"
        with working(sdk, url, tmp_path, jobs, at_once=2) as worker:
            worker.wait()
        zelto.step = lambda _request: None
        flush(zelto.url, tmp_path)
    took = sorted(worker.seconds())
    assert len(zelto.calls) == len(jobs)
    print(  # noqa: T201 - shown with -s
        f"\nlivekit-agents {sdk}, Zelto {state}: {len(took)} jobs, median "
        f"{statistics.median(took):.3f} s, p99 {took[-1 - len(took) // 100]:.3f} s"
    )
