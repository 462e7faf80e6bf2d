"""Audio files made for a test, by FFmpeg's own encoders."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from fractions import Fraction
from functools import cache, lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

RATE = 48_000
FRAME = 960
CODECS = {
    "wav": "pcm_s16le",
    "mp3": "mp3",
    "ogg": "libopus",
    "webm": "libopus",
    "m4a": "aac",
    "mp4": "aac",
    "flac": "flac",
    "mkv": "flac",
}
# A packet of several frames that says it has none (RFC 6716, 3.2.5).
NO_OPUS = b"\x03\x00"
# Who is heard from when to when, in seconds.
Spans = list[tuple[float, float]]


def write_sound(
    path: Path,
    seconds: float = 2.0,
    *,
    channels: int = 1,
    heard: list[Spans] | None = None,
    picture: bool = False,
    leap: float = 0.0,
) -> Path:
    """Write a tone in each channel where `heard` has it, and faint noise elsewhere.

    The extension decides on the format. picture: with a video stream too. leap: seconds
    that the file's clock jumps in its middle.
    """
    spans = tuple(map(tuple, heard)) if heard else None
    path.write_bytes(encoded(path.suffix, seconds, channels, spans, picture, leap))
    return path


# Encoding takes longer than most tests: those of a file share their few sounds.
@lru_cache(maxsize=8)
def encoded(
    suffix: str,
    seconds: float,
    channels: int,
    heard: tuple[tuple[tuple[float, float], ...], ...] | None,
    picture: bool,
    leap: float,
) -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder, "sound").with_suffix(suffix)
        encode(path, seconds, channels, heard, picture, leap)
        return path.read_bytes()


def encode(
    path: Path,
    seconds: float,
    channels: int,
    heard: Sequence[Sequence[tuple[float, float]]] | None,
    picture: bool,
    leap: float,
) -> None:
    with av.open(path, "w") as container:
        stream = container.add_stream(CODECS[path.suffix[1:]], rate=RATE)
        assert isinstance(stream, AudioStream)
        stream.layout = "stereo" if channels == 2 else "mono"
        moving = add_picture(container) if picture else None
        for start in range(0, round(seconds * RATE), FRAME):
            sent = frame(start, channels, heard)
            sent.pts = start + (
                round(leap * RATE) if start >= seconds * RATE / 2 else 0
            )
            container.mux(stream.encode(sent))
        container.mux(stream.encode(None))
        if moving is not None:
            encode_picture(container, moving)


def write_broken_packets(path: Path, count: int, *, then_seconds: float) -> Path:
    """A second of sound, packets that decode to nothing, and sound again; the file's
    clock goes on without a leap."""
    with av.open(path, "w") as container:
        stream = container.add_stream(CODECS[path.suffix[1:]], rate=RATE)
        assert isinstance(stream, AudioStream)
        stream.layout = "mono"
        clock = 0
        for start in range(0, round((1 + then_seconds) * RATE), FRAME):
            if start == RATE:
                for number in range(count):
                    broken = Packet(NO_OPUS)
                    broken.stream = stream
                    broken.time_base = Fraction(1, RATE)
                    broken.pts = broken.dts = clock + number
                    container.mux(broken)
                clock += count
            sent = frame(start, 1, None)
            sent.pts = start
            for packet in stream.encode(sent):
                packet.pts = packet.dts = clock
                clock += FRAME
                container.mux(packet)
    return path


def write_silent_film(path: Path) -> Path:
    """Write a file with a video stream only."""
    with av.open(path, "w") as container:
        encode_picture(container, add_picture(container))
    return path


def add_picture(container: OutputContainer) -> VideoStream:
    stream = container.add_stream("mpeg4", rate=10)
    stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
    return stream


def encode_picture(container: OutputContainer, stream: VideoStream) -> None:
    for _ in range(10):
        container.mux(stream.encode(VideoFrame(64, 64, "yuv420p")))
    container.mux(stream.encode(None))


def frame(
    start: int, channels: int, heard: Sequence[Sequence[tuple[float, float]]] | None
) -> AudioFrame:
    made = AudioFrame(
        format="s16", layout="stereo" if channels == 2 else "mono", samples=FRAME
    )
    samples = array("h", bytes(2 * FRAME * channels))
    for channel in range(channels):
        spans = heard[channel] if heard else [(0.0, math.inf)]
        loud = any(begin <= start / RATE < end for begin, end in spans)
        samples[channel::channels] = tone(channel + 1, 12_000 if loud else 20)
    made.planes[0].update(samples.tobytes())
    made.sample_rate = RATE
    made.pts = start
    return made


@cache
def tone(octave: int, loudness: int) -> array[int]:
    """Return the samples of whole waves, so that one frame joins the next."""
    turn = 400 * octave * math.tau / RATE
    return array("h", (round(loudness * math.sin(i * turn)) for i in range(FRAME)))
