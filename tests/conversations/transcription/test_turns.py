"""From what was heard in each channel to turns."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import override_settings

from conversations.transcription.channel_roles import roles_of
from conversations.transcription.results import Heard
from conversations.transcription.turns import turns_of

ROLES = ("user", "assistant")


def lines(heard: list[Heard], roles: tuple[str, ...] = ROLES) -> list[str]:
    return [f"{turn['role']}: {turn['content']}" for turn in turns_of(heard, roles)]


def test_channels_are_laid_into_one_another_by_time() -> None:
    heard = [
        Heard(0, 5.0, 6.0, "Where is my order?"),
        Heard(0, 12.0, 13.0, "Thanks."),
        Heard(1, 1.0, 4.0, "Hello."),
        Heard(1, 7.0, 11.0, "On its way."),
    ]
    assert lines(heard) == [
        "assistant: Hello.",
        "user: Where is my order?",
        "assistant: On its way.",
        "user: Thanks.",
    ]


def test_who_goes_on_after_a_short_pause_is_in_the_same_turn() -> None:
    heard = [Heard(0, 1.0, 2.0, "One"), Heard(0, 3.4, 4.0, "two.")]
    (turn,) = turns_of(heard, ROLES)
    assert turn == {
        "role": "user",
        "content": "One two.",
        "startSeconds": 1.0,
        "endSeconds": 4.0,
    }
    later = [heard[0], Heard(0, 3.6, 4.0, "Two.")]
    assert len(turns_of(later, ROLES)) == 2


def test_a_word_in_between_parts_a_turn() -> None:
    heard = [
        Heard(0, 1.0, 2.0, "So"),
        Heard(1, 2.1, 2.3, "Yes?"),
        Heard(0, 2.4, 3.0, "well."),
    ]
    assert lines(heard) == ["user: So", "assistant: Yes?", "user: well."]


def test_text_is_trimmed_and_nothing_is_no_turn() -> None:
    heard = [Heard(0, 1.0, 2.0, "  a \n b "), Heard(0, 9.0, 9.5, " \t")]
    assert lines(heard) == ["user: a b"]


def test_times_are_rounded_to_hundredths() -> None:
    (turn,) = turns_of([Heard(0, 1.23456, 2.34567, "a")], ROLES)
    assert (turn["startSeconds"], turn["endSeconds"]) == (1.23, 2.35)


@pytest.mark.parametrize("channels", [1, 6])
def test_who_is_mixed_with_others_is_the_user(channels: int) -> None:
    assert roles_of(channels, {"channels": ["agent", "user"]}) == ("user",)


@pytest.mark.parametrize(
    ("metadata", "roles"),
    [
        ({}, ("user", "assistant")),
        ({"channels": ["agent", "user"]}, ("assistant", "user")),
        ({"channels": ["Assistant", " customer "]}, ("assistant", "user")),
        ({"channels": ["agent", "agent"]}, ("user", "assistant")),
        ({"channels": ["agent"]}, ("user", "assistant")),
        ({"channels": ["agent", "user", "user"]}, ("user", "assistant")),
        ({"channels": "agent,user"}, ("user", "assistant")),
        ({"channels": [1, None]}, ("user", "assistant")),
    ],
)
def test_the_metadata_says_who_is_where(
    metadata: dict[str, Any], roles: tuple[str, ...]
) -> None:
    assert roles_of(2, metadata) == roles


def test_an_operator_may_have_it_the_other_way_round() -> None:
    with override_settings(STEREO_CHANNELS=["agent", "user"]):
        assert roles_of(2, {}) == ("assistant", "user")
        assert roles_of(2, {"channels": ["user", "agent"]}) == ROLES
