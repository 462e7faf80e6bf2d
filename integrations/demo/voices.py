"""What a session of the demo sounds like: two voices that hum where its turns were
spoken, the agent's on the left. No words; but when, how long and by whom is right."""

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

RATE = 8_000
FRAME = 480
PITCHES = {"assistant": 190.0, "user": 118.0}
# How strong the overtones are, from the lowest on.
OVERTONES = (1.0, 0.55, 0.7, 0.3, 0.2, 0.12)
LOUDNESS = 9_000
SYLLABLES = 9
SHORTEST, LONGEST = 0.11, 0.24
PAUSE = 0.04

# Quoted: at run time arrays take no parameters.
Samples: TypeAlias = "array[int]"


def record(session: Session, path: Path) -> None:
    """Writes the session as stereo FLAC: what loses nothing puts no echo of one voice
    into the lane of the other."""
    length = int((session.duration + 0.2) * RATE)
    lanes = [_lane(session, role, length) for role in PITCHES]
    both = array("h", bytes(4 * length))
    both[0::2], both[1::2] = lanes
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


def _lane(session: Session, role: str, length: int) -> Samples:
    random = randomness(0, "voice", PITCHES[role])
    sounds = [_syllable(random, PITCHES[role]) for _ in range(SYLLABLES)]
    lane = array("h", bytes(2 * length))
    zero = session.started_at.timestamp()
    for item in session.messages:
        if item["role"] == role:
            spoken = item["metrics"]
            start = int((spoken["started_speaking_at"] - zero) * RATE)
            end = int((spoken["stopped_speaking_at"] - zero) * RATE)
            _speak(lane, start, min(end, length), sounds, random)
    return lane


def _speak(
    lane: Samples, start: int, end: int, sounds: list[Samples], random: Random
) -> None:
    while start < end:
        sound = random.choice(sounds)[: end - start]
        lane[start : start + len(sound)] = sound
        start += len(sound) + int(random.uniform(0, 2) * PAUSE * RATE)


def _syllable(random: Random, pitch: float) -> Samples:
    """A hum that swells and fades."""
    count = int(random.uniform(SHORTEST, LONGEST) * RATE)
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
