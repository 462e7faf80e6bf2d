"""Speech to text behind a small interface, chosen by `ZELTO_STT_ENGINE`."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from django.conf import settings

from conversations.transcription import engine_client
from conversations.transcription.results import Heard

# Told how far it is, 0 to 1, at least every few seconds; False: nobody wants it any more.
OnProgress = Callable[[float], bool]

HOW_TO_INSTALL = (
    "Speech to text is not installed. Install it where Zelto runs with: "
    ".venv/bin/python -m pip install -r requirements-stt.txt"
)
SWITCHED_OFF = "Transcription is switched off by ZELTO_STT_ENGINE=none."


class Engine(Protocol):
    """What an engine has to offer."""

    @property
    def name(self) -> str:
        """Return its name with its model, for people."""

    def missing(self) -> str:
        """Return why it cannot work here, and what to do; empty where it can."""

    def transcribe(
        self, path: Path, channels: int, on_progress: OnProgress
    ) -> list[Heard]:
        """Return the words of a recording; two channels each by itself, any other
        number mixed to one.

        Raises:
            CannotTranscribe: it failed; it may be tried again.
            Dropped: `on_progress` returned False.
        """


class FasterWhisper:
    @property
    def name(self) -> str:
        return f"faster-whisper, {Path(settings.STT_MODEL).name}"

    def missing(self) -> str:
        if importlib.util.find_spec("faster_whisper") is None:
            return HOW_TO_INSTALL
        return ""

    def transcribe(
        self, path: Path, channels: int, on_progress: OnProgress
    ) -> list[Heard]:
        return engine_client.transcribe(path, channels, on_progress)


class NoEngine:
    name = "none"

    def missing(self) -> str:
        return SWITCHED_OFF

    def transcribe(
        self, path: Path, channels: int, on_progress: OnProgress
    ) -> list[Heard]:
        raise engine_client.CannotTranscribe(SWITCHED_OFF)


ENGINES: dict[str, Callable[[], Engine]] = {
    "faster-whisper": FasterWhisper,
    "none": NoEngine,
}


def engine() -> Engine:
    """Return the engine of the settings."""
    return ENGINES[settings.STT_ENGINE]()
