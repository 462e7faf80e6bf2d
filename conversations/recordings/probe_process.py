"""The program that `probe` runs: it decodes a file from its beginning to its end, and
says what it is, or what it is in place of audio."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import sys
import threading
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Disposition

from conversations.child_process import limit
from conversations.recordings.audio_decoding import (
    FORMATS,
    AudioDecoder,
    Silence,
    TooLong,
    open_audio,
)
from conversations.recordings.probe import Audio, NotAudio
from conversations.recordings.waveform import (
    RATE,
    WINDOW_SECONDS,
    PeakMeter,
    marks_of,
    peaks_of,
)

SNIFFED_BYTES = 512
# What a file may cost that was made to be expensive.
MAX_MEMORY_BYTES = 2 * 1024**3
MAX_CPU_SECONDS = 900
CHUNK_BYTES = 1024 * 1024

# As `FORMATS`, of what has pictures too.
WITH_PICTURES = {
    "ogg": ("video/ogg", "ogv"),
    "mov": ("video/mp4", "mp4"),
    "webm": ("video/webm", "webm"),
    "matroska": ("video/x-matroska", "mkv"),
}
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
    """Return what the file holds, after decoding all of it.

    Raises:
        NotAudio: it is empty or something else, or decodes to nothing or too much.
    """
    size = path.stat().st_size
    if not size:
        raise NotAudio("The file is empty.")
    try:
        with open_audio(str(path)) as container:
            return _read(path, container, size)
    except FFmpegError:
        raise NotAudio(_what_it_is(path)) from None
    except TooLong as error:
        raise NotAudio(str(error)) from None


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
    decoder, meters = _measure(container, stream)
    if not meters:
        raise NotAudio("No audio in it could be decoded.")
    return Audio(
        content_type=content_type,
        codec=codec,
        extension=extension,
        channels=decoder.channels,
        duration_seconds=round(decoder.seconds, 3),
        size=size,
        sha256=_digest(path),
        peaks=[peaks_of(meter.levels) for meter in meters],
        marks=marks_of([meter.levels for meter in meters]),
    )


def _measure(
    container: InputContainer, stream: AudioStream
) -> tuple[AudioDecoder, list[PeakMeter]]:
    """Decode all of it; no meter where nothing can be decoded."""
    decoder = AudioDecoder("s16p", RATE)
    meters: list[PeakMeter] = []
    for piece in decoder.read(container, stream):
        meters = meters or [PeakMeter() for _ in range(decoder.planes)]
        if isinstance(piece, Silence):
            for meter in meters:
                meter.add_silence(round(piece.seconds / WINDOW_SECONDS))
            continue
        for meter, plane in zip(meters, piece.planes, strict=True):
            meter.add(memoryview(plane)[: piece.samples * 2])
    for meter in meters:
        meter.finish()
    return decoder, [meter for meter in meters if meter.levels]


def _type_of(formats: str, codec: str, *, pictures: bool) -> tuple[str, str]:
    """Return content type and extension.

    formats: as FFmpeg names a family of them, `matroska,webm`.
    """
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


def _main(path: str, lifeline: str) -> None:
    """Write one line of JSON about the file.

    lifeline: number of a pipe that ends when our caller does, and we with it.
    """

    def die_with_the_caller() -> None:
        os.read(int(lifeline), 1)
        os._exit(1)

    # It writes no file; its answer goes into a pipe.
    limit(memory_bytes=MAX_MEMORY_BYTES, cpu_seconds=MAX_CPU_SECONDS, file_bytes=0)
    threading.Thread(target=die_with_the_caller, daemon=True).start()
    av.logging.set_level(None)
    os.nice(10)  # whoever posts or reads goes first
    report: dict[str, object]
    try:
        report = {"audio": dataclasses.asdict(decode(Path(path)))}
    except NotAudio as error:
        report = {"instead": str(error)}
    sys.stdout.write(json.dumps(report))


if __name__ == "__main__":
    _main(*sys.argv[1:])
