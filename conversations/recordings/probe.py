"""What a file is as audio.

It is decoded in a process of its own, with little memory and time: the file may come
from anybody, and one that breaks the decoder must break nothing else.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conversations.child_process import environment
from conversations.recordings.waveform import AudioEvent

CHECKOUT = Path(__file__).resolve().parents[2]
TICK_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Audio:
    """What a file holds. Times are seconds, of what could be decoded."""

    content_type: str
    codec: str
    extension: str
    channels: int
    duration_seconds: float
    size: int
    sha256: str
    # Loudness, a list for each channel (at most two), each value 0..255.
    peaks: list[list[int]]
    marks: list[AudioEvent]


class NotAudio(Exception):
    """Says in a sentence what the file is instead."""


def read_audio(path: Path, *, tick: Callable[[], object] = lambda: None) -> Audio:
    """Decode all of a file, and return what it holds.

    tick: called again and again meanwhile; what it raises ends the reading.

    Raises:
        NotAudio: it is something else, or broke the decoder.
    """
    report = _run_decoder(path, tick)
    if "instead" in report:
        raise NotAudio(report["instead"])
    return Audio(**report["audio"])


def _run_decoder(path: Path, tick: Callable[[], object]) -> dict[str, Any]:
    ours, theirs = os.pipe()
    with (
        os.fdopen(theirs, "wb"),  # closed by whatever ends us, which ends the decoder
        subprocess.Popen(  # noqa: S603 - our own program, with a path of ours
            [
                *(sys.executable, "-m", "conversations.recordings.probe_process"),
                *(str(path.resolve()), str(ours)),
            ],
            cwd=CHECKOUT,
            env=environment(),
            pass_fds=[ours],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        ) as process,
    ):
        os.close(ours)
        try:
            output = _wait_for(process, tick)
        except BaseException:
            process.kill()
            raise
    if process.returncode != 0:
        # A fault in it, or more memory or time than there is for one file.
        raise NotAudio("Reading it broke the decoder.")
    report: dict[str, Any] = json.loads(output)
    return report


def _wait_for(process: subprocess.Popen[bytes], tick: Callable[[], object]) -> bytes:
    while True:
        tick()
        try:
            return process.communicate(timeout=TICK_SECONDS)[0]
        except subprocess.TimeoutExpired:
            continue
