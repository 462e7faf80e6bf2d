"""What the model hears of a file."""

from __future__ import annotations

from pathlib import Path

import av
import pytest

from conversations.transcription import pcm
from tests.conversations.recordings.sounds import write_broken_packets, write_sound


def seconds_heard(path: Path, channels: int = 1) -> float:
    samples: int = sum(part.shape[1] for _, part in pcm.parts(str(path), channels))
    return samples / pcm.RATE


def test_what_is_damaged_is_left_out(tmp_path: Path):
    path = write_broken_packets(tmp_path / "a.ogg", 100, then_seconds=1)
    assert seconds_heard(path) == pytest.approx(2, abs=0.2)


def test_it_stops_at_too_many_broken_packets_in_a_row(tmp_path: Path):
    path = write_broken_packets(tmp_path / "a.ogg", 2_100, then_seconds=1)
    assert seconds_heard(path) == pytest.approx(1, abs=0.1)


def test_where_the_clock_of_a_file_leaps_it_is_silent(tmp_path: Path):
    path = write_sound(tmp_path / "a.webm", 2, leap=25, channels=2)
    assert seconds_heard(path, 2) == pytest.approx(27, abs=0.2)


def test_it_follows_no_playlist(tmp_path: Path):
    write_sound(tmp_path / "secret.mp3")
    path = tmp_path / "a.concat"
    path.write_text("ffconcat version 1.0\nfile secret.mp3\n")
    with av.open(path) as unguarded:
        assert unguarded.streams.audio
    with pytest.raises(av.FFmpegError):
        list(pcm.parts(str(path), 1))
    with pytest.raises(av.FFmpegError):
        pcm.length_of(str(path))
