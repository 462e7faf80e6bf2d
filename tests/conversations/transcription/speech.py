"""Speech for a test, spoken by espeak-ng, and the error rate of its transcription."""

from __future__ import annotations

import re
import shutil
import subprocess
import wave
from array import array
from pathlib import Path

RATE = 22_050  # what espeak-ng speaks at
VOICES = {"user": ("en-us", "145"), "assistant": ("en-gb", "150")}

Line = tuple[str, str]  # role, text


def spoken(role: str, text: str, folder: Path) -> array[int]:
    """Return the samples of a spoken text, at `RATE` a second."""
    voice, pace = VOICES[role]
    path = folder / "line.wav"
    program = shutil.which("espeak-ng")
    assert program, "These tests need espeak-ng; `make test` installs it or says how."
    subprocess.run(  # noqa: S603 - our own words
        [program, "-v", voice, "-s", pace, "-w", str(path), text], check=True
    )
    with wave.open(str(path)) as file:
        assert file.getframerate() == RATE
        return array("h", file.readframes(file.getnframes()))


def write_mono(path: Path, lines: list[Line], *, pause: float = 1.0) -> Path:
    """Write lines one after the other in one channel."""
    samples = array("h")
    for role, text in lines:
        samples += spoken(role, text, path.parent)
        samples.extend([0] * int(pause * RATE))
    return _write(path, samples, 1)


def write_call(
    path: Path, lines: list[Line], *, channels: tuple[str, str], pause: float = 0.6
) -> Path:
    """Write lines one after the other, each in the channel of its role."""
    sides = [array("h"), array("h")]
    for role, text in lines:
        line = spoken(role, text, path.parent)
        line.extend([0] * int(pause * RATE))
        for side, whose in zip(sides, channels, strict=True):
            side.extend(line if role == whose else [0] * len(line))
    both = array("h", bytes(4 * len(sides[0])))
    both[0::2], both[1::2] = sides
    return _write(path, both, 2)


def _write(path: Path, samples: array[int], channels: int) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.tobytes())
    return path


def word_error_rate(said: str, heard: str) -> float:
    """Return the words to change, leave out or add, for each word that was said."""
    expected, found = _words(said), _words(heard)
    row = list(range(len(found) + 1))
    for number, word in enumerate(expected, 1):
        above = row
        row = [number]
        for column, other in enumerate(found, 1):
            row.append(
                min(
                    above[column] + 1,
                    row[column - 1] + 1,
                    above[column - 1] + (word != other),
                )
            )
    return row[-1] / len(expected)


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9']+", text.lower())
