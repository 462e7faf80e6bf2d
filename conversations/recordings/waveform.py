"""How loud a recording is over time: the player's wave, and what stands out in it.

Measured in windows of 50 ms from 16-bit samples, so that a day of audio is a few
megabytes. Plain Python: numpy is no part of what Zelto needs to run.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TypeAlias, TypedDict

RATE = 8_000  # samples a second: plenty for how loud it is
WINDOW_SECONDS = 0.05
WINDOW_BYTES = int(RATE * WINDOW_SECONDS) * 2
MAX_PEAKS = 2_000
LOUDEST = 32_767

# Shorter pauses belong to speech, shorter noises to silence.
PAUSE_SECONDS = 0.6
NOISE_SECONDS = 0.1
SILENCE_SECONDS = 4.0
TALK_OVER_SECONDS = 0.5
# Of these the longest: a page shows no more, and a row stays small.
MAX_EVENTS = 400
# Below this nobody speaks: -50 dB.
FAINTEST_SPEECH = 100

# Quoted: at run time arrays take no parameters.
Levels: TypeAlias = "array[int]"
Span = tuple[int, int]  # windows, the end exclusive


class AudioEvent(TypedDict):
    """A span that stands out. kind: `silence` or `talk_over`; start, end: seconds."""

    kind: str
    start: float
    end: float


class PeakMeter:
    """Takes the samples of one channel, as they come, and keeps each window's peak."""

    def __init__(self) -> None:
        self.levels: Levels = array("H")
        self._rest = bytearray()

    def add(self, samples: bytes | memoryview) -> None:
        """Take samples, 16 bits each in the machine's order, at `RATE`."""
        self._rest += samples
        whole = len(self._rest) - len(self._rest) % WINDOW_BYTES
        for start in range(0, whole, WINDOW_BYTES):
            self._measure(self._rest[start : start + WINDOW_BYTES])
        del self._rest[:whole]

    def add_silence(self, windows: int) -> None:
        """Take so many windows of silence, after what came before."""
        self.finish()
        self.levels.extend(array("H", bytes(2 * windows)))

    def finish(self) -> None:
        """Measure what is left of the last window."""
        if self._rest:
            self._measure(self._rest)
            self._rest = bytearray()

    def _measure(self, samples: bytearray) -> None:
        # Each second sample tells as much, in half the time.
        window = array("h", bytes(samples))[::2]
        self.levels.append(min(max(max(window), -min(window)), LOUDEST))


def peaks_of(levels: Levels) -> list[int]:
    """Return at most `MAX_PEAKS` equal parts of the time, each 0..255."""
    count = min(len(levels), MAX_PEAKS)
    edges = [len(levels) * number // count for number in range(count + 1)]
    return [
        round(max(levels[start:end]) * 255 / LOUDEST) for start, end in pairwise(edges)
    ]


def marks_of(channels: Sequence[Levels]) -> list[AudioEvent]:
    """Return where nobody speaks for long; with two sides that differ, also where both
    do. Of too many the longest, in order of time."""
    length = max(len(levels) for levels in channels)
    spoken = [list(speech(levels)) for levels in channels]
    anybody = joined(sorted(span for one in spoken for span in one), 0)
    spans = [
        ("silence", span)
        for span in gaps(anybody, length)
        if seconds_of(span) >= SILENCE_SECONDS
    ]
    if len(channels) == 2 and differ(*channels):
        spans += [
            ("talk_over", span)
            for span in overlaps(*spoken)
            if seconds_of(span) >= TALK_OVER_SECONDS
        ]
    longest = sorted(spans, key=lambda one: seconds_of(one[1]), reverse=True)
    return [
        AudioEvent(kind=kind, start=at(start), end=at(end))
        for kind, (start, end) in sorted(longest[:MAX_EVENTS], key=lambda one: one[1])
    ]


def speech(levels: Levels) -> Iterator[Span]:
    """Yield the spans in which somebody speaks, short pauses included."""
    limit = threshold(levels)
    loud: list[Span] = []
    start = None
    for number, level in enumerate(levels):
        if level < limit:
            if start is not None:
                loud.append((start, number))
                start = None
        elif start is None:
            start = number
    if start is not None:
        loud.append((start, len(levels)))
    for span in joined(loud, round(PAUSE_SECONDS / WINDOW_SECONDS)):
        if seconds_of(span) > NOISE_SECONDS:
            yield span


def threshold(levels: Levels) -> float:
    """Return the level from which it is speech, by what this channel is like itself:
    its hiss is no speech, however loud it was recorded, and who speaks without a pause
    is not taken for hiss."""
    by_loudness = sorted(levels)
    hiss = by_loudness[len(by_loudness) // 10]
    loud = by_loudness[len(by_loudness) * 95 // 100] or by_loudness[-1]
    return max(FAINTEST_SPEECH, min(max(hiss * 2.5, loud / 25), loud / 4))


def differ(left: Levels, right: Levels) -> bool:
    """Return whether they are two sides, and not one sound written twice."""
    apart = sum(abs(a - b) for a, b in zip(left, right, strict=False))
    return apart > 0.05 * (sum(left) + sum(right))


def joined(spans: Sequence[Span], pause: int) -> list[Span]:
    """Return sorted spans, with pauses up to this many windows filled."""
    found: list[Span] = []
    for start, end in spans:
        if found and start - found[-1][1] <= pause:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def gaps(spans: Sequence[Span], length: int) -> Iterator[Span]:
    """Yield the spans between these, from the beginning to `length`."""
    last = 0
    for start, end in spans:
        yield last, start
        last = end
    yield last, length


def overlaps(left: Sequence[Span], right: Sequence[Span]) -> Iterator[Span]:
    """Yield the spans that two sorted lists have in common."""
    first = second = 0
    while first < len(left) and second < len(right):
        start = max(left[first][0], right[second][0])
        end = min(left[first][1], right[second][1])
        if start < end:
            yield start, end
        if left[first][1] < right[second][1]:
            first += 1
        else:
            second += 1


def seconds_of(span: Span) -> float:
    """Return how long a span is."""
    return (span[1] - span[0]) * WINDOW_SECONDS


def at(window: int) -> float:
    """Return the second that a window begins at."""
    return round(window * WINDOW_SECONDS, 2)
