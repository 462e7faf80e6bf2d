"""Whose the channels of a stereo recording are"""

from __future__ import annotations

from typing import Any

import pytest

from conversations.detail.channel_names import ChannelBasis, names_of_channels
from conversations.detail.turn_alignment import Alignment, align_turns

LENGTH = 10.0
LOUD, FAINT = 200, 3
TURNS = [
    {"role": "assistant", "startSeconds": 0, "endSeconds": 2},
    {"role": "user", "startSeconds": 3, "endSeconds": 5},
    {"role": "tool", "startSeconds": 5, "endSeconds": 6},
    {"role": "assistant", "startSeconds": 6, "endSeconds": 8},
]


def channel(*spans: tuple[int, int]) -> list[int]:
    """Ten peaks a second."""
    return [
        LOUD if any(start <= at / 10 < end for start, end in spans) else FAINT
        for at in range(100)
    ]


AGENT, USER = channel((0, 2), (6, 8)), channel((3, 5))


def named(
    peaks: list[list[int]],
    turns: list[dict[str, Any]] = TURNS,
    metadata: dict[str, Any] | None = None,
    placing: Alignment | None = None,
) -> tuple[list[str], ChannelBasis]:
    if placing is None:
        placing = align_turns(turns, length=LENGTH, metadata={}, call_started_at=None)
    return names_of_channels(
        peaks=peaks,
        length=LENGTH,
        turns=turns,
        placing=placing,
        metadata=metadata or {},
    )


def test_a_mono_recording_has_one_lane() -> None:
    assert named([AGENT]) == (["Recording"], ChannelBasis.ONE_CHANNEL)


def test_it_is_found_by_whose_turns_are_heard_where() -> None:
    assert named([AGENT, USER]) == (["Agent", "User"], ChannelBasis.HEARD)
    assert named([USER, AGENT]) == (["User", "Agent"], ChannelBasis.HEARD)


def test_what_was_sent_is_taken_first() -> None:
    sent = {"channels": ["user", "agent"]}
    assert named([AGENT, USER], metadata=sent) == (["User", "Agent"], ChannelBasis.SENT)


def test_spaces_and_capitals_in_what_was_sent_do_not_matter() -> None:
    sent = {"channels": [" Customer ", "ASSISTANT"]}
    assert named([AGENT, USER], metadata=sent) == (["User", "Agent"], ChannelBasis.SENT)


@pytest.mark.parametrize(
    "sent", [None, "user", ["user"], ["user", "user"], ["left", "right"], [1, {}]]
)
def test_what_was_sent_badly_is_not(sent: object) -> None:
    told = named([AGENT, USER], metadata={"channels": sent})
    assert told == (["Agent", "User"], ChannelBasis.HEARD)


@pytest.mark.parametrize(
    ("peaks", "turns"),
    [
        ([AGENT, AGENT], TURNS),
        ([AGENT, USER], TURNS[:1]),
        ([AGENT, USER], [{"role": "user"}, {"role": "assistant"}]),
        ([channel((0, 2)), channel((3, 5), (6, 8))], TURNS),
        ([[0] * 100, [0] * 100], TURNS),
    ],
)
def test_what_cannot_be_told_is_not_told(
    peaks: list[list[int]], turns: list[dict[str, Any]]
) -> None:
    assert named(peaks, turns) == (["Channel 1", "Channel 2"], ChannelBasis.NOTHING)
