"""A real worker and the doctor, with Zelto itself at the other end."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.zelto.faults.load import provision
from tests.zelto.stack import Stack, wait_for
from worker_tests.doctor.test_examination import WORKER
from worker_tests.test_real_worker import PINNED, environment_of, flush, job, working

PACKAGE = Path(__file__).resolve().parents[2]

pytestmark = [
    pytest.mark.processes,
    pytest.mark.xdist_group("livekit_worker"),
    pytest.mark.skipif(
        find_spec("api.views.worker_check") is None,
        reason="this Zelto has nothing for workers yet",
    ),
]


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with Stack(environment={"ZELTO_STT_ENGINE": "none"}) as stack:
        yield stack


@pytest.fixture(scope="module")
def key(stack: Stack) -> str:
    return str(provision(stack)["apiKey"])


def conversations(stack: Stack, key: str) -> dict[str, Any]:
    answer = httpx.get(
        f"{stack.url}/v1/conversations?provider=livekit",
        headers={"Authorization": f"Bearer {key}"},
    )
    return {one["referenceId"]: one for one in answer.json()["data"]}


def test_sessions_of_a_real_worker_are_in_zelto_with_what_was_heard(
    stack: Stack, key: str, tmp_path: Path
) -> None:
    jobs = [job(), job(hears=True), job(dies="said", after=0.5)]
    with working(PINNED, stack.url, tmp_path, jobs, key=key, linger=6) as worker:
        worker.wait()
    whole, heard, killed = (f"AJ_test0000000{number}" for number in range(3))

    def all_is_there() -> bool:
        # A worker that ends early leaves what is not through; the next one sends it.
        flush(stack.url, tmp_path, key)
        found = conversations(stack, key)
        return len(found) == 3 and bool(found[heard]["hasAudio"])

    wait_for(
        all_is_there, 120, what="all sessions and the recording are there", pace=1.0
    )
    found = conversations(stack, key)
    assert found[whole]["endedReason"] == "user_initiated"
    assert found[whole]["metadata"].get("partial") is not True
    assert found[heard]["recording"]["state"] == "stored"
    assert found[killed]["endedReason"] == "worker_died"
    assert found[killed]["metadata"]["partial"] is True


def test_the_doctor_finds_a_good_worker_healthy(
    stack: Stack, key: str, tmp_path: Path
) -> None:
    file = tmp_path / "worker.py"
    file.write_text(WORKER)
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "zelto_livekit", "doctor", str(file)],
        env=environment_of(stack.url, tmp_path / "outbox", key)
        | {
            "PYTHONPATH": os.pathsep.join(
                [str(PACKAGE), str(livekit_stand_in(tmp_path))]
            )
        },
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Zelto answers at" in done.stdout
    assert "is in Zelto" in done.stdout


def livekit_stand_in(folder: Path) -> Path:
    """Return a folder that says that livekit-agents is installed."""
    facts = folder / f"livekit_agents-{PINNED}.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: livekit-agents\nVersion: {PINNED}\n"
    )
    return folder
