"""What an engine transcribes, and what is made of it: plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Heard:
    """Words of one speaker without a pause.

    channel: from 0. start, end: seconds into the recording.
    """

    channel: int
    start: float
    end: float
    text: str


@dataclass(frozen=True, slots=True)
class TranscriptionResult:
    """What a job came to.

    turns: as the API gives them. sha256: of the file that was transcribed. made_by:
    engine and model.
    """

    turns: list[dict[str, Any]]
    duration_seconds: float
    sha256: str
    made_by: str
