"""No kill, at whatever line, loses a session that had ended."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from worker_tests.outboxes import names
from worker_tests.stand_in import Zelto
from zelto_livekit.outbox import Outbox
from zelto_livekit.sender import Sender

TESTS = Path(__file__).resolve().parents[1]
BY_TIME = int(os.environ.get("WORKER_KILLS_BY_TIME", "120"))
BY_LINE = int(os.environ.get("WORKER_KILLS_BY_LINE", "120"))

pytestmark = pytest.mark.processes


@dataclass(frozen=True)
class Told:
    """What the jobs had done before they were killed, by the ids of their sessions."""

    killed: int
    said: set[str]
    ended: set[str]
    sent: set[str]


def run_and_kill(zelto: Zelto, outbox: Outbox, seed: int) -> Told:
    done = subprocess.run(  # noqa: S603
        [
            *(sys.executable, "-m", "worker_tests.killed_jobs"),
            *(zelto.url, str(outbox.folder), str(seed), str(BY_TIME), str(BY_LINE)),
        ],
        env={
            **os.environ,
            "PYTHONPATH": f"{TESTS}:{TESTS.parent}",
            "ZELTO_BACKGROUND": "off",
        },
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    count = Counter(line[0] for line in lines)

    def ids(word: str) -> set[str]:
        return {line[1] for line in lines if line[0] == word}

    return Told(count["killed"], ids("said"), ids("ended"), ids("sent"))


def test_no_kill_loses_a_session_that_had_ended(
    zelto: Zelto, sender: Sender, outbox: Outbox
) -> None:
    told = run_and_kill(zelto, outbox, seed=16)
    flushed = sender.send_all(is_patient=False)
    found = set(zelto.calls)
    whole = {
        job_id
        for job_id, bodies in zelto.calls.items()
        if bodies[-1]["metadata"]["partial"] is False
    }
    partial = found - whole
    again = sum(len(bodies) - 1 for bodies in zelto.calls.values())
    print(  # noqa: T201 - shown with -s
        f"\n{told.killed} kills: {len(told.said)} sessions begun, {len(told.ended)} ended, "
        f"{len(told.sent)} acknowledged, {len(whole)} found whole, {len(partial)} found in "
        f"part, {len(told.said - found)} lost, {again} sent again under the same id; "
        f"left: {flushed}"
    )
    assert told.killed == BY_TIME + BY_LINE
    assert told.ended - whole == set()  # none that had ended is lost or cut
    assert told.said - found == set()  # what was said is there of each
    assert told.sent - whole == set()
    for job_id in partial:
        assert zelto.calls[job_id][-1]["call"]["endedReason"] == "worker_died"
    for bodies in zelto.calls.values():  # nothing cut ever follows the whole
        marks = [body["metadata"]["partial"] for body in bodies]
        assert marks == sorted(marks, reverse=True)
    assert set(zelto.audio) >= told.sent
    assert all(
        audio == b"OggS" * 1000 for kept in zelto.audio.values() for audio in kept
    )
    left = [name for name in names(outbox) if not name.endswith((".tmp", ".alive"))]
    assert left == []
