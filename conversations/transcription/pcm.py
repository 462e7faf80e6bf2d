"""A recording as the model hears it, in bounded parts. With NumPy, which comes along
with the engine: only its own process imports this."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import av
import numpy
from av.audio.resampler import AudioResampler

from conversations.recordings.probe_process import ALLOWED, GAP_SECONDS

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
    """Seconds as the file's own head says; 0 where it does not. For progress alone."""
    with av.open(path, options=ALLOWED) as file:
        return (file.duration or 0) / av.time_base


def parts(path: str, channels: int) -> Iterator[tuple[float, Samples]]:
    """With where each begins, seconds. Two channels stay two; others are mixed."""
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
    """One channel where both are the same, as phones record what is mono."""
    if len(part) != 2:
        return part
    differs = numpy.abs(part[0] - part[1]).mean()
    return part[:1] if differs <= SAME * numpy.abs(part).mean() else part


def _decoded(path: str, channels: int) -> Iterator[Samples]:
    """By the file's clock, as a player goes: a leap is silence. A damaged part is left
    out, a torn end is the end."""
    layout = "stereo" if channels == 2 else "mono"
    resampler, shape, seconds = None, None, 0.0
    began: float | None = None
    for frame in _frames(path):
        if not frame.samples or not frame.sample_rate:
            continue
        if frame.time is not None:
            began = frame.time if began is None else began
            gap = frame.time - began - seconds
            if gap >= GAP_SECONDS:
                yield from _rest_of(resampler)
                resampler = None
                yield from _silence(gap, 2 if channels == 2 else 1)
                seconds += gap
        now = (frame.format.name, frame.layout.name, frame.sample_rate)
        if resampler is None or now != shape:
            # A stream may change its shape on the way; a resampler may not.
            yield from _rest_of(resampler)
            resampler, shape = AudioResampler("fltp", layout, RATE), now
        seconds += frame.samples / frame.sample_rate
        frame.pts = None
        for piece in resampler.resample(frame):
            yield piece.to_ndarray()
    yield from _rest_of(resampler)


def _frames(path: str) -> Iterator[Any]:
    with av.open(path, options=ALLOWED) as file:
        packets = file.demux(file.streams.audio[0])
        while True:
            try:
                packet = next(packets, None)
            except av.FFmpegError:
                return
            if packet is None:
                return
            try:
                frames = packet.decode()
            except av.FFmpegError:
                continue
            yield from frames


def _rest_of(resampler: AudioResampler | None) -> Iterator[Samples]:
    if resampler is not None:
        for piece in resampler.resample(None):
            yield piece.to_ndarray()


def _silence(seconds: float, rows: int) -> Iterator[Samples]:
    left = round(seconds * RATE)
    while left > 0:
        size = min(left, SILENCE_SECONDS * RATE)
        yield numpy.zeros((rows, size), dtype=numpy.float32)
        left -= size


def _quietest(part: Samples) -> int:
    """The middle of the quietest moment near the end."""
    size = int(QUIET_SECONDS * RATE)
    start = part.shape[1] - CUT_WITHIN_SECONDS * RATE
    loudness = numpy.square(part[:, start:]).sum(axis=0)
    moments = loudness.reshape(-1, size).sum(axis=1)
    return int(start + int(moments.argmin()) * size + size // 2)
