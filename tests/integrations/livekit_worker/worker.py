"""Runs worker code in LiveKit's own process, from a test of Zelto's."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

CHECKOUT = Path(__file__).resolve().parents[3]
RUNNER = Path(__file__).with_name("run_session.py")
RELEASES = Path(__file__).with_name("releases")
ENDS_BY_ITSELF = 120.0  # seconds; the runner has a bound of its own below this


@cache
def livekit_python(release: str | None = None) -> Path:
    """Return the Python that has livekit-agents, the newest or another release.

    Its environment is made where it is missing, or made for other requirements.
    """
    requirements = CHECKOUT / "requirements-livekit.txt"
    environment = CHECKOUT / "var" / "livekit-venv"
    if release is not None:
        requirements = RELEASES / f"livekit-{release}.txt"
        environment = CHECKOUT / "var" / "livekit-venvs" / release
    python = environment / "bin" / "python"
    stamp = environment / "made-for"
    required = hashlib.sha256(requirements.read_bytes()).hexdigest()
    environment.parent.mkdir(parents=True, exist_ok=True)
    with environment.with_name(f"{environment.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # two test runs at once
        if not stamp.exists() or stamp.read_text("utf-8") != required:
            _run(sys.executable, "-m", "venv", "--clear", str(environment))
            _run(
                *(str(python), "-m", "pip", "install", "-q"),
                *("--require-hashes", "-r", str(requirements)),
            )
            stamp.write_text(required, "utf-8")
    return python


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True)  # noqa: S603
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr}")


@dataclass(frozen=True)
class Session:
    """What became of a session. report: the SDK's own, None where there was no session.
    seconds: from the end of the session to the end of the hook.
    """

    scenario: str
    room: str
    job_id: str
    report: dict[str, Any] | None
    seconds: float | None


@dataclass(frozen=True)
class WorkerRun:
    """What became of a run of the worker."""

    sessions: dict[str, Session]  # by room
    log: list[dict[str, str]]
    output: str  # all that the process wrote

    def said(self, room: str) -> list[dict[str, str]]:
        """Return what the pasted code logged of a room's session."""
        job_id = self.sessions[room].job_id
        return [
            record
            for record in self.log
            if record["logger"] == "zelto" and job_id in record["message"]
        ]


def run_worker(
    code: Path | None,
    *sessions: str,
    key: str | None,
    folders: Path | None = None,
    agent_name: str = "",
    try_for: float | None = None,
    upload_url: str | None = None,
    is_dispatched: bool = False,
    release: str | None = None,
    at_most: float | None = None,
) -> WorkerRun:
    """Run `sessions` at once, each a scenario or `scenario:room`, with `key` in the
    worker's environment.

    code: the hook; None for a worker without one. folders: holds a folder for each
        room, with a hook and a key of its own. upload_url: where the SDK uploads to
        by itself. is_dispatched: by a server, which wants the sessions recorded.
        release: of livekit-agents, where not the newest. at_most: seconds that it may
        take.
    """
    command = [str(livekit_python(release)), str(RUNNER)]
    if code is not None:
        command += ["--code", str(code)]
    if folders is not None:
        command += ["--folders", str(folders)]
    if is_dispatched:
        command += ["--dispatched"]
    elif upload_url is not None:
        command += ["--record"]
    for session in sessions:
        command += ["--scenario", session]
    command += ["--agent-name", agent_name]
    if try_for is not None:
        command += ["--try-for", str(try_for)]
    if at_most is not None:
        command += ["--at-most", str(at_most)]
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("ZELTO_", "LIVEKIT_", "DJANGO_"))
    }
    if key is not None:
        environment["ZELTO_API_KEY"] = key
    if upload_url is not None:
        environment["LIVEKIT_OBSERVABILITY_URL"] = upload_url
        # The SDK signs with them; nobody checks it here.
        environment["LIVEKIT_API_KEY"] = "APIofThisTest"
        environment["LIVEKIT_API_SECRET"] = "secret-" * 6
    stdout, stderr = run_to_end(command, environment)
    printed = json.loads(stdout)
    return WorkerRun(
        sessions={
            session["room"]: Session(
                scenario=session["scenario"],
                room=session["room"],
                job_id=session["jobId"],
                report=session["report"],
                seconds=session["seconds"],
            )
            for session in printed["sessions"]
        },
        log=printed["log"],
        output=stdout + stderr,
    )


def run_to_end(command: list[str], environment: Mapping[str, str]) -> tuple[str, str]:
    """Run a worker, and return what it and its jobs wrote to stdout and to stderr. No
    process of it is left, whatever becomes of it.

    Raises:
        AssertionError: it failed; what it wrote to stderr says why.
    """
    with TemporaryFile("w+") as stdout, TemporaryFile("w+") as stderr:
        process = subprocess.Popen(  # noqa: S603
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            start_new_session=True,
        )
        try:
            code = process.wait(ENDS_BY_ITSELF)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        stdout.seek(0)
        stderr.seek(0)
        said = stderr.read()
        assert code == 0, said
        return stdout.read(), said
