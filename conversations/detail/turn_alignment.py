"""Which second of a recording a turn begins at; no guess is shown as exact. Pure.

A turn is placed by its own `startSeconds`. Else by its time, if it is known when the
recording began; if only the call's start is known, or no turn lies in a recording that
began when it is said to have, turns are placed by that, and `basis` says so, for the page
to say it too. Else it has no place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from conversations.turn_values import RECORDING_STARTED_AT, number_of, unix_time

# What was said just before the recording began is heard at its beginning, seconds.
BEFORE_THE_START = 2.0
# A recording's last second may be cut off, seconds.
BEHIND_THE_END = 1.0

Turn = Mapping[str, Any]


class Basis(StrEnum):
    NOTHING = "nothing"
    # Offsets into the recording, as sent.
    OFFSETS = "offsets"
    # Times of turns against the recording's own start.
    RECORDING_START = "recording start"
    # Times of turns against the start of the call, which need not be the recording's.
    CALL_START = "call start"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a turn is in the recording, seconds; end: None where it was not sent."""

    start: float
    end: float | None = None


@dataclass(frozen=True, slots=True)
class Alignment:
    """Where the turns are in a recording.

    places: by the number of the turn, from 1. basis: of the least exact of them.
    """

    basis: Basis = Basis.NOTHING
    places: Mapping[int, Place] = field(default_factory=dict)

    def start_of(self, number: int) -> float | None:
        place = self.places.get(number)
        return place.start if place else None

    def heard_at(self, second: float) -> int | None:
        """Return the number of the turn that began last before this second."""
        begun = [
            (place.start, number)
            for number, place in self.places.items()
            if place.start <= second
        ]
        return max(begun)[1] if begun else None


def align_turns(
    turns: Sequence[Turn],
    *,
    length: float | None,
    metadata: Mapping[str, Any],
    call_started_at: datetime | None,
) -> Alignment:
    """Return where the turns are in a recording.

    length: of the recording, seconds; what lies outside of it has no place.
    """
    alignment = Alignment()
    for zero, by_clock in _zeros(metadata, call_started_at):
        alignment = _aligned(turns, length, zero, by_clock)
        if alignment.basis is by_clock:
            break
    return alignment


def _aligned(
    turns: Sequence[Turn], length: float | None, zero: float | None, by_clock: Basis
) -> Alignment:
    """Return where the turns are.

    zero: the Unix time of the recording's beginning, of which `by_clock` says whose it is.
    """
    places: dict[int, Place] = {}
    bases = set()
    for number, turn in enumerate(turns, start=1):
        place, basis = _offsets(turn), Basis.OFFSETS
        if place is None and zero is not None:
            place, basis = _times(turn, zero), by_clock
        if place is not None and _is_within(place, length):
            places[number] = _bounded(place)
            bases.add(basis)
    least_exact = (Basis.CALL_START, Basis.RECORDING_START, Basis.OFFSETS)
    basis = next((one for one in least_exact if one in bases), Basis.NOTHING)
    return Alignment(basis, places)


def _zeros(
    metadata: Mapping[str, Any], call_started_at: datetime | None
) -> Iterator[tuple[float | None, Basis]]:
    """Yield what may be the beginning of the recording, the most exact first."""
    recorded = unix_time(metadata.get(RECORDING_STARTED_AT))
    if recorded is not None:
        yield recorded, Basis.RECORDING_START
    if call_started_at is not None:
        yield call_started_at.timestamp(), Basis.CALL_START
    if recorded is None and call_started_at is None:
        yield None, Basis.NOTHING


def _offsets(turn: Turn) -> Place | None:
    start = number_of(turn.get("startSeconds"))
    if start is None:
        return None
    return Place(start, number_of(turn.get("endSeconds")))


def _times(turn: Turn, zero: float) -> Place | None:
    """Return the turns' times. `timestamp` may be when a turn was over, so `startedAt`
    goes before it."""
    start = unix_time(turn.get("startedAt"))
    if start is None:
        start = unix_time(turn.get("timestamp"))
    if start is None:
        return None
    end = unix_time(turn.get("endedAt"))
    return Place(start - zero, None if end is None else end - zero)


def _is_within(place: Place, length: float | None) -> bool:
    until = float("inf") if length is None else length + BEHIND_THE_END
    return -BEFORE_THE_START <= place.start <= until


def _bounded(place: Place) -> Place:
    start = max(0.0, round(place.start, 3))
    if place.end is None or place.end <= start:
        return Place(start)
    return Place(start, round(place.end, 3))
