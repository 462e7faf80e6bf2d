"""The engine in a process of its own: a crash of native code, or a machine that is out
of memory, ends that one alone, and the model's memory is given back after each job."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from django.conf import settings

from conversations.child_process import environment
from conversations.transcription.results import Heard
from web.outgoing.authorities import authorities_file

LOOK_EVERY_SECONDS = 1.0
# A child that says nothing for so long hangs. Loading may fetch the model first.
STUCK_SECONDS = 900.0
MAX_REASON_CHARACTERS = 500  # characters
# Variables of the libraries that compute, and of those that fetch a model.
COMPUTING = ("HOME", "TMPDIR", "OMP_*", "KMP_*", "MKL_*", "CT2_*")
FETCHING_THE_MODEL = (
    *("HF_*", "XDG_CACHE_HOME"),
    *("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"),
    *("http_proxy", "https_proxy", "all_proxy", "no_proxy"),
)


class CannotTranscribe(Exception):
    """Says in a sentence why it failed."""


class Dropped(Exception):
    """Nobody wants the result any more."""


def transcribe(
    path: Path, channels: int, on_progress: Callable[[float], bool]
) -> list[Heard]:
    """Run the engine over a file, in a process of its own.

    on_progress: called at least once a second with the done share of the whole, 0 to 1.

    Raises:
        CannotTranscribe: it failed, hung, or its process was ended.
        Dropped: `on_progress` returned False.
    """
    with tempfile.TemporaryFile() as complaints:
        child = subprocess.Popen(
            [sys.executable, "-m", "conversations.transcription.engine_process"],
            cwd=settings.BASE_DIR,
            env=_environment(),
            # It ends by itself when this pipe does: whoever kills us leaves none behind.
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
            text=True,
            encoding="utf-8",
        )
        try:
            _send_job(child, path, channels)
            return _read_results(child, on_progress, complaints)
        finally:
            child.kill()
            child.communicate()


def _environment() -> dict[str, str]:
    """Return the environment of the engine; only one that may have to fetch its model
    gets what is needed for that, which may be a token or a proxy's password.
    """
    if Path(settings.STT_MODEL).is_dir():
        return environment(*COMPUTING)
    trusted = authorities_file()
    return environment(*COMPUTING, *FETCHING_THE_MODEL) | {
        "SSL_CERT_FILE": trusted,
        "REQUESTS_CA_BUNDLE": trusted,
    }


def _send_job(child: subprocess.Popen[str], path: Path, channels: int) -> None:
    job = {
        "path": str(path),
        "channels": channels,
        "model": settings.STT_MODEL,
        "models": str(settings.DATA_DIR / "models"),
        "threads": settings.STT_THREADS,
    }
    assert child.stdin is not None  # noqa: S101 - it is a pipe
    try:
        child.stdin.write(json.dumps(job) + "\n")
        child.stdin.flush()
    except BrokenPipeError:
        pass  # it ended at once; what it left tells why


def _read_results(
    child: subprocess.Popen[str],
    on_progress: Callable[[float], bool],
    complaints: IO[bytes],
) -> list[Heard]:
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_read_into, args=(child, lines), daemon=True).start()
    heard: list[Heard] = []
    progress, spoke_at = 0.0, time.monotonic()
    while True:
        if not on_progress(progress):
            raise Dropped
        try:
            line = lines.get(timeout=LOOK_EVERY_SECONDS)
        except queue.Empty:
            if time.monotonic() - spoke_at > STUCK_SECONDS:
                raise CannotTranscribe("The engine hung.") from None
            continue
        spoke_at = time.monotonic()
        if not line:
            raise CannotTranscribe(_last_words(child, complaints))
        said: dict[str, Any] = json.loads(line)
        if "error" in said:
            raise CannotTranscribe(said["error"][:MAX_REASON_CHARACTERS])
        heard += [Heard(**one) for one in said.get("heard", [])]
        if said.get("done"):
            return heard
        progress = said.get("progress", progress)


def _read_into(child: subprocess.Popen[str], lines: queue.SimpleQueue[str]) -> None:
    assert child.stdout is not None  # noqa: S101 - it is a pipe
    for line in child.stdout:
        lines.put(line)
    lines.put("")


def _last_words(child: subprocess.Popen[str], complaints: IO[bytes]) -> str:
    status = child.wait()
    if status < 0:
        return (
            f"The engine was ended by signal {-status}. Was there too little memory for "
            f"the model {Path(settings.STT_MODEL).name}?"
        )
    size = complaints.seek(0, os.SEEK_END)
    complaints.seek(max(0, size - 4096))
    lines = complaints.read().decode("utf-8", "replace").strip().splitlines()
    return (lines[-1] if lines else f"The engine ended with {status}.")[
        :MAX_REASON_CHARACTERS
    ]
