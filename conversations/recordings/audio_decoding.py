"""Decoding of a file that may come from anybody, by FFmpeg inside PyAV, with bounds.

Only formats that hold their audio themselves are opened: a playlist would have FFmpeg
fetch what it names. Decoders may crash, so nothing but processes of their own calls
this; it knows no Django.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import av
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError

# By FFmpeg's name of the format: content type and extension of sound alone.
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
ALLOWED = {"format_whitelist": ",".join(FORMATS), "protocol_whitelist": "file"}
# A few bytes may decode to years; no session lasts a day.
MAX_SECONDS = 24 * 3600
MAX_SAMPLES = MAX_SECONDS * 48_000 * 2
# Packets in a row that decode to nothing: what follows is no audio either.
MAX_BROKEN_PACKETS = 2_000
# Where the file's own clock leaps, as it does where a sender left silence out.
GAP_SECONDS = 0.25


class TooLong(Exception):
    """The audio lasts longer than is decoded; says in a sentence by which measure."""


@dataclass(frozen=True, slots=True)
class Silence:
    """A gap in the file's clock, to be filled."""

    seconds: float


def open_audio(path: str) -> InputContainer:
    """Open a file, which is of an allowed format and names no other.

    Raises:
        FFmpegError: it is of no such format, or cannot be read.
    """
    return av.open(path, options=ALLOWED)


class AudioDecoder:
    """The audio of one stream, resampled, by the file's clock as a player goes.

    One that is stereo stays so; any other is mixed into one channel. A damaged part is
    left out, a torn end is the end.

    sample_format: FFmpeg's name, for instance `s16p`. rate: samples a second.
    channels: of the source, where they are known; else those of its first frame.
    seconds: of the source, as far as it was read.
    """

    def __init__(
        self, sample_format: str, rate: int, *, channels: int | None = None
    ) -> None:
        self.channels = channels or 0
        self.seconds = 0.0
        self._target = (sample_format, rate)
        self._samples = 0
        self._began: float | None = None
        self._shape: tuple[object, ...] = ()
        self._resampler: AudioResampler | None = None

    @property
    def planes(self) -> int:
        """Return how many channels come out: two or one."""
        return 2 if self.channels == 2 else 1

    def read(
        self, container: InputContainer, stream: AudioStream
    ) -> Iterator[AudioFrame | Silence]:
        """Yield the audio in order, with its gaps.

        Raises:
            TooLong: more than `MAX_SECONDS` or `MAX_SAMPLES`, or a clock that says so.
        """
        for frame in decodable_frames(container, stream):
            if not frame.samples or not frame.sample_rate:
                continue
            self.channels = self.channels or frame.layout.nb_channels
            yield from self._gap_before(frame)
            self._count(frame)
            yield from self._resampled(frame)
        yield from self._rest()

    def _gap_before(self, frame: AudioFrame) -> Iterator[AudioFrame | Silence]:
        if frame.time is None:
            return
        if self._began is None:
            self._began = frame.time
        gap = frame.time - self._began - self.seconds
        if gap < GAP_SECONDS:
            return
        if self.seconds + gap > MAX_SECONDS:
            raise TooLong("By its own clock it lasts more than a day.")
        yield from self._rest()
        yield Silence(gap)
        self.seconds += gap

    def _count(self, frame: AudioFrame) -> None:
        self.seconds += frame.samples / frame.sample_rate
        self._samples += frame.samples * frame.layout.nb_channels
        if self.seconds > MAX_SECONDS or self._samples > MAX_SAMPLES:
            raise TooLong("It decodes to more than a day of audio.")

    def _resampled(self, frame: AudioFrame) -> Iterator[AudioFrame]:
        shape = (frame.format.name, frame.layout.name, frame.sample_rate)
        if self._resampler is None or shape != self._shape:
            # A stream may change its shape on the way; a resampler may not.
            yield from self._rest()
            sample_format, rate = self._target
            layout = "stereo" if self.planes == 2 else "mono"
            self._resampler = AudioResampler(sample_format, layout, rate)
            self._shape = shape
        frame.pts = None
        yield from self._resampler.resample(frame)

    def _rest(self) -> Iterator[AudioFrame]:
        """Yield what the resampler holds back; a new one is made for what follows."""
        if self._resampler is not None:
            yield from self._resampler.resample(None)
            self._resampler = None


def decodable_frames(
    container: InputContainer, stream: AudioStream
) -> Iterator[AudioFrame]:
    """Yield what can be decoded, up to `MAX_BROKEN_PACKETS` in a row that cannot."""
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
