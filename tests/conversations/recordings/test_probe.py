"""What a file is as audio."""

from __future__ import annotations

import hashlib
import json
import os
import resource
import struct
import subprocess
import sys
import wave
from contextlib import suppress
from pathlib import Path

import av
import psutil
import pytest

from conversations.recordings import audio_decoding, probe, probe_process
from conversations.recordings.probe import NotAudio, read_audio
from conversations.recordings.probe_process import decode
from tests.conversations.recordings.sounds import (
    write_broken_packets,
    write_silent_film,
    write_sound,
)

KINDS = [
    ("wav", "audio/wav", "pcm_s16le", "wav"),
    ("mp3", "audio/mpeg", "mp3", "mp3"),
    ("ogg", "audio/ogg", "opus", "ogg"),
    ("webm", "audio/webm", "opus", "webm"),
    ("m4a", "audio/mp4", "aac", "m4a"),
    ("flac", "audio/flac", "flac", "flac"),
]
INSTEAD = [
    (b"<!DOCTYPE html><title>Sign in</title>", "It is a web page, not audio."),
    (b'\n<?xml version="1.0"?><Error/>', "It is XML or HTML, not audio."),
    (b'{"error": "expired"}', "It is text (JSON), not audio."),
    (b"%PDF-1.7", "It is a PDF, not audio."),
    (b"\x1f\x8b\x08\x00", "It is a compressed (gzip) file, not audio."),
    (b"", "The file is empty."),
    (b"no such thing", "It is not audio that can be read."),
    (bytes(range(256)) * 400, "No audio in it could be decoded."),
]


@pytest.mark.parametrize(("suffix", "content_type", "codec", "extension"), KINDS)
@pytest.mark.parametrize("channels", [1, 2])
def test_it_knows_what_it_reads(
    tmp_path: Path,
    suffix: str,
    content_type: str,
    codec: str,
    extension: str,
    channels: int,
):
    # Named as nothing: what is in it decides.
    path = write_sound(tmp_path / f"a.{suffix}", channels=channels).rename(
        tmp_path / "a"
    )
    read = read_audio(path)
    assert (read.content_type, read.codec) == (content_type, codec)
    assert read.extension == extension
    assert read.channels == channels
    assert read.duration_seconds == pytest.approx(2, abs=0.1)
    assert read.size == path.stat().st_size
    assert read.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert len(read.peaks) == channels
    for peaks in read.peaks:
        assert 38 <= len(peaks) <= 42
        assert sum(peaks) / len(peaks) == pytest.approx(12_000 * 255 / 32_767, rel=0.15)


def test_a_torn_mp3_lasts_as_long_as_what_is_there(tmp_path: Path):
    path = write_sound(tmp_path / "a.mp3", 10)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 4 // 10])
    assert read_audio(path).duration_seconds == pytest.approx(4, abs=0.3)


def test_a_wav_that_claims_more_lasts_as_long_as_what_is_there(tmp_path: Path):
    path = write_sound(tmp_path / "a.wav", 1)
    content = bytearray(path.read_bytes())
    at = content.index(b"data") + 4
    content[at : at + 4] = struct.pack("<I", 2_000_000_000)
    path.write_bytes(content)
    assert read_audio(path).duration_seconds == pytest.approx(1, abs=0.1)


def test_where_the_clock_of_a_file_leaps_nothing_is_heard(tmp_path: Path):
    path = write_sound(tmp_path / "a.webm", 2, leap=5)
    read = read_audio(path)
    assert read.duration_seconds == pytest.approx(7, abs=0.2)
    (mark,) = read.marks
    assert (mark["start"], mark["end"]) == pytest.approx((1, 6), abs=0.2)


def test_a_damaged_middle_is_left_out(tmp_path: Path):
    path = write_sound(tmp_path / "a.mp3", 4)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 2000] = b"\xff" * 2000
    path.write_bytes(content)
    assert 3 < read_audio(path).duration_seconds < 4.2


def test_it_stops_at_too_many_broken_packets_in_a_row(tmp_path: Path):
    path = write_broken_packets(tmp_path / "a.ogg", 2_100, then_seconds=1)
    assert read_audio(path).duration_seconds == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize(("content", "said"), INSTEAD)
def test_it_says_what_is_there_in_place_of_audio(
    tmp_path: Path, content: bytes, said: str
):
    path = tmp_path / "a.mp3"
    path.write_bytes(content)
    with pytest.raises(NotAudio) as refused:
        read_audio(path)
    assert str(refused.value) == said


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_of_a_video_the_sound_counts(tmp_path: Path, suffix: str):
    path = write_sound(tmp_path / f"a.{suffix}", channels=2, picture=True)
    read = read_audio(path)
    assert read.content_type.startswith("video/")
    assert read.extension == suffix
    assert read.duration_seconds == pytest.approx(2, abs=0.1)


def test_a_video_without_sound_is_none(tmp_path: Path):
    with pytest.raises(NotAudio, match="a video without sound"):
        read_audio(write_silent_film(tmp_path / "a.mp4"))


# Each of them FFmpeg would follow into the file beside it.
PLAYLISTS = {
    "m3u8": "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nsecret.mp3\n#EXT-X-ENDLIST\n",
    "concat": "ffconcat version 1.0\nfile secret.mp3\n",
}


@pytest.mark.parametrize("kind", PLAYLISTS)
def test_it_follows_no_file_into_another(tmp_path: Path, kind: str):
    write_sound(tmp_path / "secret.mp3")
    path = tmp_path / f"a.{kind}"
    path.write_text(PLAYLISTS[kind])
    with av.open(path) as unguarded:
        assert unguarded.streams.audio
    with pytest.raises(NotAudio, match=r"^It is"):
        read_audio(path)


def test_a_small_file_that_decodes_to_days_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(audio_decoding, "MAX_SECONDS", 60)
    path = tmp_path / "a.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(100)
        file.writeframes(b"\x80" * 100 * 90)
    with pytest.raises(NotAudio, match="more than a day"):
        decode(path)


def test_it_is_bound_by_the_number_of_samples_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(audio_decoding, "MAX_SAMPLES", 48_000)
    with pytest.raises(NotAudio, match="more than a day"):
        decode(write_sound(tmp_path / "a.flac"))


def test_a_long_one_has_no_more_peaks_than_a_page_draws(tmp_path: Path):
    path = tmp_path / "a.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(b"\x00\x10\x00\x20" * 8000 * 600)
    read = read_audio(path)
    assert [len(peaks) for peaks in read.peaks] == [2000, 2000]
    assert {*read.peaks[0]} == {32}
    assert {*read.peaks[1]} == {64}
    assert len(json.dumps(read.peaks)) < 30_000


def test_it_marks_where_nobody_speaks_and_where_both_do(tmp_path: Path):
    user = [(0.0, 3.0), (9.0, 12.0)]
    agent = [(2.0, 4.0), (9.2, 9.4), (11.0, 15.0)]
    path = write_sound(tmp_path / "a.wav", 21, channels=2, heard=[user, agent])
    marks = read_audio(path).marks
    kinds = ["talk_over", "silence", "talk_over", "silence"]
    assert [mark["kind"] for mark in marks] == kinds
    moments = [moment for mark in marks for moment in (mark["start"], mark["end"])]
    assert moments == pytest.approx([2, 3, 4, 9, 11, 12, 15, 21], abs=0.11)


def test_one_sound_in_both_channels_is_no_talk_over(tmp_path: Path):
    spans = [(0.0, 3.0)]
    path = write_sound(tmp_path / "a.wav", 3, channels=2, heard=[spans, spans])
    assert read_audio(path).marks == []


def test_who_reads_can_be_stopped(tmp_path: Path):
    def stop() -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        read_audio(write_sound(tmp_path / "a.mp3"), tick=stop)


@pytest.mark.parametrize(
    "breaks",
    [
        "os.kill(os.getpid(), signal.SIGSEGV)",
        "resource.setrlimit(resource.RLIMIT_CPU, (1, 1))\nwhile True: pass",
        "bytearray(3 * 1024 ** 3)",
    ],
)
def test_what_breaks_the_decoder_breaks_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, breaks: str
):
    """In place of the decoder a program that has its bounds, and does what one may be
    brought to do."""
    package = tmp_path / "conversations" / "recordings"
    package.mkdir(parents=True)
    (package / "probe_process.py").write_text(
        "import os, resource, signal\n"
        f"resource.setrlimit(resource.RLIMIT_AS, ({probe_process.MAX_MEMORY_BYTES},) * 2)\n"
        f"{breaks}\nprint('{{}}')\n"
    )
    monkeypatch.setattr(probe, "CHECKOUT", tmp_path)
    path = write_sound(tmp_path / "a.ogg")
    with pytest.raises(NotAudio, match="broke the decoder"):
        read_audio(path)


@pytest.mark.skipif(sys.platform != "linux", reason="reads limits of a process")
def test_the_decoder_has_no_secrets_and_writes_no_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SECRET_KEY", "s3cret")
    monkeypatch.setenv("DATABASE_URL", "postgres://s3cret")
    environments: list[dict[str, str]] = []
    limits: list[tuple[tuple[int, int], ...]] = []

    def look() -> None:
        with suppress(psutil.NoSuchProcess):
            (child,) = decoders()
            environments.append(child.environ())
            limits.append(tuple(child.rlimit(kind) for kind in LIMITED))

    path = tmp_path / "a.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(48_000)
        file.writeframes(bytes(48_000 * 2 * 600))
    read_audio(path, tick=look)
    assert all(one.keys() <= ALLOWED for one in environments)
    most = (probe_process.MAX_MEMORY_BYTES, probe_process.MAX_CPU_SECONDS, 0, 0)
    assert limits[-1] == tuple((one, one) for one in most)


ALLOWED = {
    *("PATH", "LANG", "LC_ALL", "LC_CTYPE", "LD_LIBRARY_PATH", "PYTHONPATH"),
}
LIMITED = (
    *(resource.RLIMIT_AS, resource.RLIMIT_CPU),
    *(resource.RLIMIT_FSIZE, resource.RLIMIT_CORE),
)


def decoders() -> list[psutil.Process]:
    return [
        child
        for child in psutil.Process().children()
        if "conversations.recordings.probe_process" in child.cmdline()
    ]


def test_the_decoder_ends_with_who_asked():
    reading, writing = os.pipe()
    program = "from conversations.recordings import probe_process\n" + (
        "probe_process.decode = lambda path: threading.Event().wait()\n"
        f"probe_process._main('a', '{reading}')\n"
    )
    with subprocess.Popen(  # noqa: S603 - a program of our own
        [sys.executable, "-c", f"import threading\n{program}"],
        cwd=probe.CHECKOUT,
        pass_fds=[reading],
    ) as process:
        os.close(reading)
        assert process.poll() is None
        os.close(writing)
        assert process.wait(20) == 1
