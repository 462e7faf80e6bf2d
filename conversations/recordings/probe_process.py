"""Decodes a file from its beginning to its end, by FFmpeg inside PyAV; run as a program
by `audio`.

The file may come from anybody, so only formats that hold their audio themselves are
opened: a playlist would have FFmpeg fetch what it names.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import resource
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import av
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Disposition

from conversations.recordings.probe import Audio, NotAudio
from conversations.recordings.waveform import (
    RATE,
    WINDOW_SECONDS,
    PeakMeter,
    marks_of,
    peaks_of,
)

# A few bytes may decode to years; no session lasts a day.
MAX_SECONDS = 24 * 3600
MAX_SAMPLES = MAX_SECONDS * 48_000 * 2
# Where the file's own clock leaps, as it does where a sender left silence out.
GAP_SECONDS = 0.25
# Packets in a row that decode to nothing: what follows is no audio either.
MAX_BROKEN_PACKETS = 2_000
SNIFFED_BYTES = 512
# What a file may cost that was made to be expensive.
MAX_MEMORY_BYTES = 2 * 1024**3
MAX_CPU_SECONDS = 900
CHUNK_BYTES = 1024 * 1024

# By FFmpeg's name of the format: content type and extension, of sound alone and of
# what has pictures too.
FORMATS = {
    "wav": ("audio/wav", "wav"),
    "w64": ("audio/x-w64", "w64"),
    "aiff": ("audio/aiff", "aiff"),
    "au": ("audio/basic", "au"),
    "caf": ("audio/x-caf", "caf"),
    "mp3": ("audio/mpeg", "mp3"),
    "aac": ("audio/aac", "aac"),
    "flac": ("audio/flac", "flac"),
    "ogg": ("audio/ogg", "ogg"),
    "amr": ("audio/amr", "amr"),
    "mov": ("audio/mp4", "m4a"),
    "webm": ("audio/webm", "webm"),
    "matroska": ("audio/x-matroska", "mka"),
    "mpegts": ("video/mp2t", "ts"),
}
WITH_PICTURES = {
    "ogg": ("video/ogg", "ogv"),
    "mov": ("video/mp4", "mp4"),
    "webm": ("video/webm", "webm"),
    "matroska": ("video/x-matroska", "mkv"),
}
ALLOWED = {"format_whitelist": ",".join(FORMATS), "protocol_whitelist": "file"}
OF_WEBM = {"opus", "vorbis"}

# How a file begins that somebody's server sends in place of audio.
BEGINNINGS = (
    (b"<!doctype html", "a web page"),
    (b"<html", "a web page"),
    (b"<", "XML or HTML"),
    (b"{", "text (JSON)"),
    (b"[", "text (JSON)"),
    (b"#extm3u", "a playlist, which names audio and has none"),
    (b"%pdf", "a PDF"),
    (b"pk\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "a compressed (gzip) file"),
    (b"\x89png", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"gif8", "a picture"),
)


def decode(path: Path) -> Audio:
    size = path.stat().st_size
    if not size:
        raise NotAudio("The file is empty.")
    try:
        with av.open(path, options=ALLOWED) as container:
            return _read(path, container, size)
    except FFmpegError:
        raise NotAudio(_what_it_is(path)) from None


def _read(path: Path, container: InputContainer, size: int) -> Audio:
    pictures = any(
        not stream.disposition & Disposition.attached_pic  # the cover of an album
        for stream in container.streams.video
    )
    if not container.streams.audio:
        raise NotAudio(
            "It is a video without sound." if pictures else _what_it_is(path)
        )
    stream = container.streams.audio[0]
    codec = stream.codec_context.codec.canonical_name
    content_type, extension = _type_of(container.format.name, codec, pictures=pictures)
    listened = _Listening()
    for frame in _frames(container, stream):
        listened.to(frame)
    meters = listened.finish()
    if not meters:
        raise NotAudio("No audio in it could be decoded.")
    return Audio(
        content_type=content_type,
        codec=codec,
        extension=extension,
        channels=listened.channels,
        duration_seconds=round(listened.seconds, 3),
        size=size,
        sha256=_digest(path),
        peaks=[peaks_of(meter.levels) for meter in meters],
        marks=marks_of([meter.levels for meter in meters]),
    )


def _frames(container: InputContainer, stream: AudioStream) -> Iterator[AudioFrame]:
    """What can be decoded: a damaged part is left out, a torn end is the end."""
    broken = 0
    packets = container.demux(stream)
    while broken < MAX_BROKEN_PACKETS:
        try:
            packet = next(packets, None)
        except FFmpegError:
            return
        if packet is None:
            return
        try:
            frames = packet.decode()
        except FFmpegError:
            frames = []
        broken = 0 if frames else broken + 1
        yield from frames


class _Listening:
    """Follows the frames of a stream: how long they last, how loud they are."""

    def __init__(self) -> None:
        self.channels = 0
        self.seconds = 0.0
        self.meters: list[PeakMeter] = []
        self._samples = 0
        self._began: float | None = None
        self._shape: tuple[object, ...] = ()
        self._resampler: AudioResampler | None = None

    def to(self, frame: AudioFrame) -> None:
        if not frame.samples or not frame.sample_rate:
            return
        if not self.meters:
            self.channels = frame.layout.nb_channels
            self.meters = [PeakMeter() for _ in range(2 if self.channels == 2 else 1)]
        self._fill_gap(frame)
        self.seconds += frame.samples / frame.sample_rate
        self._samples += frame.samples * frame.layout.nb_channels
        if self.seconds > MAX_SECONDS or self._samples > MAX_SAMPLES:
            raise NotAudio("It decodes to more than a day of audio.")
        self._measure(frame)

    def finish(self) -> list[PeakMeter]:
        if self._resampler is not None:
            self._take(self._resampler.resample(None))
        for meter in self.meters:
            meter.finish()
        return [meter for meter in self.meters if meter.levels]

    def _fill_gap(self, frame: AudioFrame) -> None:
        """A player goes by the file's clock; so must the wave."""
        if frame.time is None:
            return
        if self._began is None:
            self._began = frame.time
        gap = frame.time - self._began - self.seconds
        if gap < GAP_SECONDS:
            return
        if self.seconds + gap > MAX_SECONDS:
            raise NotAudio("By its own clock it lasts more than a day.")
        if self._resampler is not None:
            self._take(self._resampler.resample(None))
            self._resampler = None
        windows = round(gap / WINDOW_SECONDS)
        for meter in self.meters:
            meter.add_silence(windows)
        self.seconds += gap

    def _measure(self, frame: AudioFrame) -> None:
        shape = (frame.format.name, frame.layout.name, frame.sample_rate)
        if self._resampler is None or shape != self._shape:
            # A stream may change its shape on the way; a resampler may not.
            if self._resampler is not None:
                self._take(self._resampler.resample(None))
            layout = "stereo" if len(self.meters) == 2 else "mono"
            self._resampler = AudioResampler("s16p", layout, RATE)
            self._shape = shape
        frame.pts = None
        self._take(self._resampler.resample(frame))

    def _take(self, frames: list[AudioFrame]) -> None:
        for frame in frames:
            for meter, plane in zip(self.meters, frame.planes, strict=True):
                meter.add(memoryview(plane)[: frame.samples * 2])


def _type_of(formats: str, codec: str, *, pictures: bool) -> tuple[str, str]:
    """formats: as FFmpeg names a family of them, `matroska,webm`."""
    name = formats.split(",")[0]
    if name == "matroska" and (codec in OF_WEBM):
        name = "webm"
    return (pictures and WITH_PICTURES.get(name)) or FORMATS[name]


def _what_it_is(path: Path) -> str:
    with path.open("rb") as file:
        beginning = file.read(SNIFFED_BYTES).lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for signs, what in BEGINNINGS:
        if beginning.startswith(signs):
            return f"It is {what}, not audio."
    return "It is not audio that can be read."


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _limit(kind: int, most: int) -> None:
    _, hard = resource.getrlimit(kind)
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    with suppress(ValueError, OSError):  # not every system has every limit
        resource.setrlimit(kind, (most, hard))


def _main(path: str, lifeline: str) -> None:
    """One line of JSON about the file. lifeline: a pipe that ends when our caller does,
    and we with it."""

    def die_with_the_caller() -> None:
        os.read(int(lifeline), 1)
        os._exit(1)

    _limit(resource.RLIMIT_AS, MAX_MEMORY_BYTES)
    _limit(resource.RLIMIT_CPU, MAX_CPU_SECONDS)
    threading.Thread(target=die_with_the_caller, daemon=True).start()
    av.logging.set_level(None)
    os.nice(10)  # whoever posts or reads goes first
    told: dict[str, object]
    try:
        told = {"audio": dataclasses.asdict(decode(Path(path)))}
    except NotAudio as error:
        told = {"instead": str(error)}
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    _main(*sys.argv[1:])
