"""Who speaks on which channel of a stereo recording. Pure.

No file says so, and recorders differ: LiveKit's egress has the agent on the left, its
session recorder on the right. So it is what the sender says in the metadata, else what
is heard: whose turns are louder on which channel. Else it is not known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum, auto
from typing import Any

from conversations.channel_roles import sent_roles
from conversations.detail.turn_alignment import Alignment, Basis

NAMES = {"user": "User", "assistant": "Agent"}
# A turn speaks for a channel that is so much louder than the other.
CLEARLY_LOUDER = 2.0
# So many of the turns that speak for one must agree.
AGREEMENT = 0.8
MIN_TURNS = 2

Peaks = Sequence[Sequence[int]]


class ChannelBasis(Enum):
    """How it is known who is on which channel."""

    ONE_CHANNEL = auto()
    SENT = auto()
    HEARD = auto()
    NOTHING = auto()


def names_of_channels(
    *,
    peaks: Peaks,
    length: float,
    turns: Sequence[Mapping[str, Any]],
    placing: Alignment,
    metadata: Mapping[str, Any],
) -> tuple[list[str], ChannelBasis]:
    """Return a name for each channel, and how it is known.

    length: of the recording, seconds. placing: where its turns are.
    """
    if len(peaks) != 2:
        return ["Recording"], ChannelBasis.ONE_CHANNEL
    if sent := sent_roles(metadata):
        return [NAMES[role] for role in sent], ChannelBasis.SENT
    if louder := _louder_names(peaks, length, turns, placing):
        return louder, ChannelBasis.HEARD
    return ["Channel 1", "Channel 2"], ChannelBasis.NOTHING


def _louder_names(
    peaks: Peaks, length: float, turns: Sequence[Mapping[str, Any]], placing: Alignment
) -> list[str]:
    if length <= 0 or placing.basis is Basis.NOTHING:
        return []
    agent_left: list[bool] = []
    for number, turn in enumerate(turns, start=1):
        place = placing.places.get(number)
        role = turn.get("role")
        if place is None or place.end is None or role not in {"user", "assistant"}:
            continue
        left, right = (
            _loudness(channel, place.start / length, place.end / length)
            for channel in peaks
        )
        if max(left, right) > 0 and max(left, right) >= CLEARLY_LOUDER * min(
            left, right
        ):
            agent_left.append((left > right) == (role == "assistant"))
    if len(agent_left) < MIN_TURNS:
        return []
    share = sum(agent_left) / len(agent_left)
    if share >= AGREEMENT:
        return ["Agent", "User"]
    return ["User", "Agent"] if share <= 1 - AGREEMENT else []


def _loudness(channel: Sequence[int], start: float, end: float) -> float:
    """Return the mean peak of a part. start, end: shares of the whole."""
    first = int(start * len(channel))
    part = channel[first : max(first + 1, round(end * len(channel)))]
    return sum(part) / len(part) if part else 0.0
