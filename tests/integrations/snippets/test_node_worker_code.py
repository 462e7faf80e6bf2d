"""The handed out code for workers in Node.js, with LiveKit's own package."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from integrations import providers
from integrations.snippets.code_files import node_worker_code
from tests.integrations.livekit_worker.receiver import (
    Answer,
    Receiver,
    Step,
    hang_up,
    receiving,
)
from tests.zelto.free_port import free_port

CHECKOUT = Path(__file__).resolve().parents[3]
ENVIRONMENT = CHECKOUT / "var" / "livekit-node"
PACKAGE = "@livekit/agents@1.9.0"
RUNNER = Path(__file__).with_name("run_node_session.mjs")
ROOM = "room"

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(not shutil.which("npm"), reason="there is no Node.js"),
]


@pytest.fixture(scope="module")
def node_folder() -> Path:
    """Return a folder that has the package, which is made where it is missing."""
    ENVIRONMENT.mkdir(parents=True, exist_ok=True)
    with ENVIRONMENT.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two test runs at once
        if not (ENVIRONMENT / "node_modules" / "@livekit" / "agents").exists():
            install = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts"]
            subprocess.run([*install, PACKAGE], cwd=ENVIRONMENT, check=True)  # noqa: S603
    return ENVIRONMENT


def run(node_folder: Path, base_url: str, outbox: Path, *job_ids: str) -> str:
    """Forward a session for each job, and return what the worker's log has."""
    folder = node_folder / f"run-{os.getpid()}"
    folder.mkdir(exist_ok=True)
    try:
        hook, runner = folder / "zelto_forward.mjs", folder / RUNNER.name
        hook.write_text(node_worker_code(base_url), "utf-8")
        shutil.copy(RUNNER, runner)
        done = subprocess.run(  # noqa: S603
            ["node", str(runner), str(hook), *job_ids],  # noqa: S607
            env={
                **os.environ,
                "ZELTO_API_KEY": "zelto_of-these-tests",
                "ZELTO_OUTBOX": str(outbox),
            },
            capture_output=True,
            text=True,
            timeout=120,
        )
    finally:
        shutil.rmtree(folder)
    assert done.returncode == 0, done.stderr
    return done.stderr


def arrived(receiver: Receiver) -> list[str]:
    return [one.body["call"]["externalId"] for one in receiver.posted[ROOM]]


def names(outbox: Path) -> list[str]:
    return sorted(path.name for path in outbox.iterdir())


def test_a_session_arrives_as_zelto_reads_it(node_folder: Path, tmp_path: Path) -> None:
    outbox = tmp_path / "outbox"
    with receiving({}) as receiver:
        log = run(node_folder, receiver.base_url, outbox, "AJ_1")
    [posted] = receiver.posted[ROOM]
    assert posted.path == "/webhooks/calls"
    assert posted.headers["Authorization"] == "Bearer zelto_of-these-tests"
    found = providers.read("livekit", posted.body)
    assert found.update is not None
    assert found.warnings == []
    turns = found.update.turns or []
    assert [(turn["role"], turn["content"]) for turn in turns] == [
        ("user", "hello"),
        ("assistant", "Grüß Gott!"),
    ]
    assert found.update.agent.external_id == "front-desk"
    assert found.update.system_prompt == "Be brief."
    started, ended = found.update.started_at, found.update.ended_at
    assert started is not None
    assert ended is not None
    assert abs(time.time() - ended.timestamp()) < 60
    assert started < ended
    assert log == ""
    assert names(outbox) == []


def test_while_zelto_is_away_it_waits_and_the_next_job_sends_it(
    node_folder: Path, tmp_path: Path
) -> None:
    outbox = tmp_path / "outbox"
    log = run(node_folder, f"http://127.0.0.1:{free_port()}", outbox, "AJ_1")
    assert "Zelto does not have session AJ_1" in log
    assert "ECONNREFUSED" in log
    [waiting] = outbox.iterdir()
    assert waiting.name == "AJ_1.json"
    assert waiting.stat().st_mode & 0o777 == 0o600
    assert json.loads(waiting.read_text())["call"]["externalId"] == "AJ_1"
    os.utime(waiting, (0, time.time() - 61))
    with receiving({}) as receiver:
        run(node_folder, receiver.base_url, outbox, "AJ_2")
    assert arrived(receiver) == ["AJ_2", "AJ_1"]
    assert names(outbox) == []


def test_it_tries_again_and_puts_aside_what_is_refused(
    node_folder: Path, tmp_path: Path
) -> None:
    outbox = tmp_path / "outbox"
    refusal = Answer(422, '{"detail": "1 field does not fit."}')
    answers: dict[str, list[Step]] = {ROOM: [hang_up, Answer(503), Answer(), refusal]}
    with receiving(answers) as receiver:
        log = run(node_folder, receiver.base_url, outbox, "AJ_1", "AJ_2")
    assert arrived(receiver) == ["AJ_1", "AJ_1", "AJ_1", "AJ_2"]
    assert "422" in log
    assert "1 field does not fit." in log
    assert names(outbox) == ["AJ_2.json.refused"]


def test_with_a_full_disk_it_is_sent_all_the_same(
    node_folder: Path, tmp_path: Path
) -> None:
    blocked = tmp_path / "a-file"
    blocked.touch()
    with receiving({}) as receiver:
        log = run(node_folder, receiver.base_url, blocked / "outbox", "AJ_1")
    assert arrived(receiver) == ["AJ_1"]
    assert "could not be written" in log
