"""A recording as the samples that the model takes, in bounded parts.

With NumPy, which comes along with the engine: only its own process imports this.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import av
import numpy

from conversations.recordings.audio_decoding import AudioDecoder, Silence, open_audio

RATE = 16_000  # samples a second
# So much is in memory at once; cut where it is quietest near the end.
PART_SECONDS = 600
CUT_WITHIN_SECONDS = 60
QUIET_SECONDS = 0.5
SILENCE_SECONDS = 10  # at once, where the file's clock leaps
# Two channels that differ by less of their loudness are one, twice.
SAME = 0.02

# Samples between -1 and 1, a row for each channel.
Samples = Any


def length_of(path: str) -> float:
    """Return the seconds that the file's own head states, 0 where it states none: for
    progress alone.

    Raises:
        FFmpegError: it is of no allowed format, or cannot be read.
    """
    with open_audio(path) as file:
        return (file.duration or 0) / av.time_base


def parts(path: str, channels: int) -> Iterator[tuple[float, Samples]]:
    """Yield the parts, each with where it begins in seconds.

    channels: of the file; two stay two, any other number is mixed into one.

    Raises:
        FFmpegError: it is of no allowed format, or cannot be read.
        TooLong: it decodes to more than a day.
    """
    kept: list[Samples] = []
    length = begin = 0
    for piece in _decoded(path, channels):
        kept.append(piece)
        length += piece.shape[1]
        while length >= PART_SECONDS * RATE:
            whole = numpy.concatenate(kept, axis=1)
            cut = _quietest(whole[:, : PART_SECONDS * RATE])
            yield begin / RATE, whole[:, :cut]
            kept, length, begin = [whole[:, cut:]], length - cut, begin + cut
    if length:
        yield begin / RATE, numpy.concatenate(kept, axis=1)


def without_copy(part: Samples) -> Samples:
    """Return one channel where both are the same, as phones record what is mono."""
    if len(part) != 2:
        return part
    differs = numpy.abs(part[0] - part[1]).mean()
    return part[:1] if differs <= SAME * numpy.abs(part).mean() else part


def _decoded(path: str, channels: int) -> Iterator[Samples]:
    decoder = AudioDecoder("fltp", RATE, channels=channels)
    with open_audio(path) as file:
        for piece in decoder.read(file, file.streams.audio[0]):
            if isinstance(piece, Silence):
                yield from _silence(piece.seconds, decoder.planes)
            else:
                yield piece.to_ndarray()


def _silence(seconds: float, rows: int) -> Iterator[Samples]:
    left = round(seconds * RATE)
    while left > 0:
        size = min(left, SILENCE_SECONDS * RATE)
        yield numpy.zeros((rows, size), dtype=numpy.float32)
        left -= size


def _quietest(part: Samples) -> int:
    """Return the sample in the middle of the quietest moment near the end."""
    size = int(QUIET_SECONDS * RATE)
    start = part.shape[1] - CUT_WITHIN_SECONDS * RATE
    loudness = numpy.square(part[:, start:]).sum(axis=0)
    moments = loudness.reshape(-1, size).sum(axis=1)
    return int(start + int(moments.argmin()) * size + size // 2)
