"""The audio of a session of the demo: two humming voices, each on a channel of its own,
the agent's on the left. There are no words, but the times of the turns are right."""

from __future__ import annotations

import math
from array import array
from pathlib import Path
from random import Random
from typing import TypeAlias

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream

from integrations.demo.chance import randomness
from integrations.demo.session import Session

RATE = 8_000  # samples a second
FRAME = 480  # samples
# Hertz; in the order of the channels.
PITCHES = {"assistant": 190.0, "user": 118.0}
# How strong the overtones are, from the lowest on.
OVERTONES = (1.0, 0.55, 0.7, 0.3, 0.2, 0.12)
LOUDNESS = 9_000  # of 32,767
SYLLABLES = 9
MIN_SYLLABLE_SECONDS, MAX_SYLLABLE_SECONDS = 0.11, 0.24
PAUSE_SECONDS = 0.04

# Quoted: at run time arrays take no parameters.
Samples: TypeAlias = "array[int]"


def record(session: Session, path: Path) -> None:
    """Write the session to a file, as stereo FLAC of 16 bits: a lossy codec would put
    an echo of one voice into the channel of the other."""
    length = int((session.duration + 0.2) * RATE)
    channels = [_channel(session, role, length) for role in PITCHES]
    both = array("h", bytes(4 * length))
    both[0::2], both[1::2] = channels
    with av.open(path, "w", format="flac") as container:
        stream: AudioStream = container.add_stream("flac", rate=RATE)
        stream.layout = "stereo"
        for start in range(0, length - FRAME + 1, FRAME):
            frame = AudioFrame(format="s16", layout="stereo", samples=FRAME)
            frame.planes[0].update(both[2 * start : 2 * (start + FRAME)].tobytes())
            frame.sample_rate = RATE
            frame.pts = start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def _channel(session: Session, role: str, length: int) -> Samples:
    random = randomness(0, "voice", PITCHES[role])
    sounds = [_syllable(random, PITCHES[role]) for _ in range(SYLLABLES)]
    channel = array("h", bytes(2 * length))
    zero = session.started_at.timestamp()
    for item in session.messages:
        if item["role"] == role:
            spoken = item["metrics"]
            start = int((spoken["started_speaking_at"] - zero) * RATE)
            end = int((spoken["stopped_speaking_at"] - zero) * RATE)
            _speak(channel, start, min(end, length), sounds, random)
    return channel


def _speak(
    channel: Samples, start: int, end: int, sounds: list[Samples], random: Random
) -> None:
    while start < end:
        sound = random.choice(sounds)[: end - start]
        channel[start : start + len(sound)] = sound
        start += len(sound) + int(random.uniform(0, 2) * PAUSE_SECONDS * RATE)


def _syllable(random: Random, pitch: float) -> Samples:
    """Return the samples of a hum that rises and falls in loudness."""
    count = int(random.uniform(MIN_SYLLABLE_SECONDS, MAX_SYLLABLE_SECONDS) * RATE)
    loudness = LOUDNESS * random.uniform(0.35, 1.0) / sum(OVERTONES)
    turn = pitch * random.uniform(0.88, 1.15) * math.tau / RATE
    return array(
        "h",
        (
            round(
                loudness
                * math.sin(math.pi * at / count) ** 0.7
                * sum(
                    strength * math.sin(turn * (number + 1) * at)
                    for number, strength in enumerate(OVERTONES)
                )
            )
            for at in range(count)
        ),
    )
