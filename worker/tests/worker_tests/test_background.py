"""The thread of the worker's own process, in processes as workers have them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from worker_tests.outboxes import names, put
from worker_tests.stand_in import KEY, Says, Zelto
from zelto_livekit.background import is_tended
from zelto_livekit.outbox import Outbox

WORKER = Path(__file__).resolve().parents[2]
THREADS = """
import sys, threading
def has_thread(_argument=None):
    import zelto_livekit
    return any(one.name == "zelto-livekit" for one in threading.enumerate())
"""
JOBS = (
    THREADS
    + """
import multiprocessing, zelto_livekit
if __name__ == "__main__":
    print(has_thread())
    for method in ("spawn", "forkserver"):
        with multiprocessing.get_context(method).Pool(1) as pool:
            print(pool.map(has_thread, [None])[0])
"""
)
ENDS_AT_ONCE = "import zelto_livekit"
RUNS_ON = "import sys, zelto_livekit; sys.stdin.read()"

pytestmark = pytest.mark.processes


def start(
    code: str, zelto: Zelto, outbox: Outbox, folder: Path, **variables: str
) -> subprocess.Popen[str]:
    file = folder / "worker.py"
    file.write_text(code)
    return subprocess.Popen(  # noqa: S603
        [sys.executable, str(file)],
        env={
            **os.environ,
            "PYTHONPATH": str(WORKER),
            "ZELTO_URL": zelto.url,
            "ZELTO_API_KEY": KEY,
            "ZELTO_OUTBOX": str(outbox.folder),
            **variables,
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_it_runs_in_the_worker_and_in_none_of_its_jobs(
    zelto: Zelto, outbox: Outbox, tmp_path: Path
) -> None:
    said, _ = start(JOBS, zelto, outbox, tmp_path).communicate(timeout=60)
    assert said.split() == ["True", "False", "False"]


def test_it_can_be_switched_off(zelto: Zelto, outbox: Outbox, tmp_path: Path) -> None:
    code = THREADS + "print(has_thread())"
    worker = start(code, zelto, outbox, tmp_path, ZELTO_BACKGROUND="off")
    assert worker.communicate(timeout=60)[0].strip() == "False"


def test_it_sends_what_comes_while_the_worker_runs(
    zelto: Zelto, outbox: Outbox, tmp_path: Path
) -> None:
    zelto.answers(Says(503, "{}"), None)
    put(outbox, "AJ_1")
    with start(RUNS_ON, zelto, outbox, tmp_path) as worker:
        assert zelto.wait_for(lambda: "AJ_1" in zelto.calls, 60)
        assert is_tended(outbox)
        put(outbox, "AJ_2")
        assert zelto.wait_for(lambda: "AJ_2" in zelto.calls, 60)
        worker.communicate("", timeout=60)
    assert not is_tended(outbox)
    assert names(outbox) == []


def test_a_worker_that_ends_sends_once_more(
    zelto: Zelto, outbox: Outbox, tmp_path: Path
) -> None:
    put(outbox, "AJ_1")
    began = time.monotonic()
    start(ENDS_AT_ONCE, zelto, outbox, tmp_path).communicate(timeout=60)
    assert list(zelto.calls) == ["AJ_1"]
    assert time.monotonic() - began < 20


def test_when_one_worker_dies_another_looks_after_the_folder(
    zelto: Zelto, outbox: Outbox, tmp_path: Path
) -> None:
    with (
        start(RUNS_ON, zelto, outbox, tmp_path) as first,
        start(RUNS_ON, zelto, outbox, tmp_path) as second,
    ):
        put(outbox, "AJ_1")
        assert zelto.wait_for(lambda: "AJ_1" in zelto.calls, 60)
        while names(outbox):  # killed before, it would be sent once more
            time.sleep(0.01)
        first.kill()
        first.wait()
        put(outbox, "AJ_2")
        assert zelto.wait_for(lambda: "AJ_2" in zelto.calls, 60)
        second.communicate("", timeout=60)
    assert [len(bodies) for bodies in zelto.calls.values()] == [1, 1]


def test_an_outbox_that_cannot_be_made_breaks_no_worker(
    zelto: Zelto, tmp_path: Path
) -> None:
    blocked = tmp_path / "a-file"
    blocked.touch()
    worker = start(RUNS_ON, zelto, Outbox(blocked / "outbox"), tmp_path)
    worker.communicate("", timeout=60)
    assert worker.returncode == 0
