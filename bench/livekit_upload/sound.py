"""A recording as the SDK's recorder makes it: Ogg Opus, 48 kHz, stereo."""

from __future__ import annotations

import io
import random
from array import array

import av

RATE = 48_000
TURN_SECONDS = 4


def two_voices(minutes: int) -> bytes:
    """Return a file in which left and right speak in turns, as noise."""
    source = random.Random(4711)  # noqa: S311 - no secret
    noise = array("f", (source.uniform(-0.3, 0.3) for _ in range(RATE))).tobytes()
    silence = bytes(len(noise))
    content = io.BytesIO()
    with av.open(content, "w", format="ogg") as container:
        stream = container.add_stream("libopus", rate=RATE, layout="stereo")
        for second in range(60 * minutes):
            frame = av.AudioFrame(format="fltp", layout="stereo", samples=RATE)
            frame.sample_rate = RATE
            is_left = second // TURN_SECONDS % 2 == 0
            for plane, speaks in zip(frame.planes, (is_left, not is_left), strict=True):
                plane.update(noise if speaks else silence)
            for packet in stream.encode(frame):
                container.mux(packet)
        for packet in stream.encode(None):
            container.mux(packet)
    return content.getvalue()
