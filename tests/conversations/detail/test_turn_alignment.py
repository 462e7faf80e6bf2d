"""Where a turn is in the recording: never guessed in silence"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from conversations.detail.turn_alignment import Alignment, Basis, Place, align_turns

START = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
UNIX = START.timestamp()


def place(turns: list[dict[str, Any]], **given: Any) -> Alignment:
    given.setdefault("length", 60.0)
    given.setdefault("metadata", {})
    given.setdefault("call_started_at", None)
    return align_turns(turns, **given)


def test_offsets_into_the_recording_are_taken_as_sent() -> None:
    placing = place(
        [
            {"startSeconds": 0, "endSeconds": 2.5},
            {"startSeconds": "3.25"},
            {"startSeconds": 5, "endSeconds": 4},
        ]
    )
    assert placing.basis is Basis.OFFSETS
    assert placing.places == {1: Place(0, 2.5), 2: Place(3.25), 3: Place(5)}


@pytest.mark.parametrize(
    "recorded",
    [
        "2026-11-22T12:00:10Z",
        UNIX + 10,
        (UNIX + 10) * 1000,
        int(UNIX + 10) * 10**6,
        int(UNIX + 10) * 10**9,
        str(int(UNIX + 10) * 10**9),
    ],
)
def test_times_are_taken_from_the_start_of_the_recording(recorded: object) -> None:
    turn = {"startedAt": "2026-11-22T12:00:14.5Z", "endedAt": UNIX + 16}
    placing = place(
        [turn], metadata={"recordingStartedAt": recorded}, call_started_at=START
    )
    assert placing.basis is Basis.RECORDING_START
    assert placing.places == {1: Place(4.5, 6)}


@pytest.mark.parametrize("recorded", ["soon", True, {}, "", 1e20, 12_345.678, 0])
def test_a_start_that_cannot_be_the_recordings_gives_way_to_the_calls(
    recorded: object,
) -> None:
    """The last two are of a clock that began with its machine, or never ran."""
    placing = place(
        [{"startSeconds": 1}, {"timestamp": UNIX + 7}],
        metadata={"recordingStartedAt": recorded},
        call_started_at=START,
    )
    assert placing.basis is Basis.CALL_START
    assert placing.places == {1: Place(1), 2: Place(7)}


def test_offsets_are_exact_whatever_the_recordings_start() -> None:
    metadata = {"recordingStartedAt": 12_345.678}
    placing = place([{"startSeconds": 1}], metadata=metadata, call_started_at=START)
    assert placing == Alignment(Basis.OFFSETS, {1: Place(1)})


@pytest.mark.parametrize("unit", [1, 10**3, 10**6, 10**9])
def test_turns_tell_their_times_in_any_unit(unit: int) -> None:
    second = int(UNIX)
    turn = {"startedAt": (second + 3) * unit, "endedAt": str((second + 4) * unit)}
    assert place([turn], call_started_at=START).places == {1: Place(3, 4)}


def test_with_the_start_of_the_call_alone_it_says_so() -> None:
    placing = place([{"timestamp": UNIX + 7}], call_started_at=START)
    assert placing.basis is Basis.CALL_START
    assert placing.places == {1: Place(7)}


def test_when_a_turn_began_goes_before_when_it_was_noted() -> None:
    turn = {"timestamp": UNIX + 9, "startedAt": UNIX + 7}
    assert place([turn], call_started_at=START).start_of(1) == 7


@pytest.mark.parametrize(
    "turn", [{}, {"timestamp": "soon"}, {"startSeconds": True}, {"startSeconds": "x"}]
)
def test_a_turn_without_a_time_has_no_place(turn: dict[str, Any]) -> None:
    placing = place([turn], call_started_at=START)
    assert placing.basis is Basis.NOTHING
    assert placing.start_of(1) is None


def test_times_alone_have_no_place() -> None:
    """The first turn need not be said at the recording's beginning."""
    assert place([{"timestamp": UNIX}, {"timestamp": UNIX + 3}]) == Alignment()


def test_what_lies_outside_of_the_recording_has_no_place() -> None:
    turns = [{"timestamp": UNIX + second} for second in (-100, -1, 30, 60.5, 90)]
    placing = place(turns, call_started_at=START)
    assert placing.places == {2: Place(0), 3: Place(30), 4: Place(60.5)}


def test_the_least_exact_of_them_is_what_the_page_must_tell() -> None:
    turns: list[dict[str, Any]] = [{"startSeconds": 1}, {"timestamp": UNIX + 5}]
    placing = place(turns, call_started_at=START)
    assert placing.basis is Basis.CALL_START
    assert placing.places == {1: Place(1), 2: Place(5)}


def test_who_is_heard_at_a_second_began_last() -> None:
    placing = place([{"startSeconds": 1}, {"startSeconds": 20}, {"startSeconds": 9}])
    heard = [placing.heard_at(second) for second in (0, 1, 8.9, 15, 59)]
    assert heard == [None, 1, 1, 3, 2]
