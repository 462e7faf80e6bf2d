"""A long transcript in parts: a page shows some hundred turns, fewer where they are
long, and leads to the rest."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from conversations.detail.transcript_entries import AnyEntry
from conversations.detail.transcript_reader import TranscriptView

ENTRIES_AT_ONCE = 300
# Of the JSON of their turns; one entry at least is shown.
CHARACTERS_AT_ONCE = 400_000
# What fits on one page, for whoever asks for all.
MAX_ENTRIES = 2_000
MAX_CHARACTERS = 1_000_000


@dataclass(frozen=True, slots=True)
class TranscriptPart:
    """Consecutive entries that are shown together.

    first, last: numbers of turns that the part begins and ends with.
    earlier, later: the parts beside it; none where the transcript begins or ends.
    """

    entries: Sequence[AnyEntry]
    first: int = 0
    last: int = 0
    earlier: Neighbour | None = None
    later: Neighbour | None = None

    def shows(self, number: int) -> bool:
        return self.first <= number <= self.last


@dataclass(frozen=True, slots=True)
class Neighbour:
    first: int
    last: int


def fits_one_page(view: TranscriptView) -> bool:
    """Tell whether all of a transcript may be on one page."""
    characters = sum(entry.size for entry in view.entries)
    return len(view.entries) <= MAX_ENTRIES and characters <= MAX_CHARACTERS


def whole(view: TranscriptView) -> TranscriptPart:
    if not view.entries:
        return TranscriptPart([])
    return TranscriptPart(view.entries, 1, view.total)


def part_with(view: TranscriptView, number: int) -> TranscriptPart:
    """Return the part that has this turn, or the result that a call shows; the first
    one where no turn has this number."""
    entries = view.entries
    starts = _starts(entries)
    if len(starts) == 1:
        return whole(view)
    place = next(
        (
            index
            for index, entry in enumerate(entries)
            if number in (entry.number, entry.last_number)
        ),
        0,
    )
    part = bisect_right(starts, place) - 1
    spans = [_span(view, starts, one) for one in range(len(starts))]
    end = starts[part + 1] if part + 1 < len(starts) else len(entries)
    return TranscriptPart(
        entries[starts[part] : end],
        spans[part].first,
        spans[part].last,
        earlier=spans[part - 1] if part else None,
        later=spans[part + 1] if part + 1 < len(spans) else None,
    )


def parts_of(view: TranscriptView) -> Iterator[Sequence[AnyEntry]]:
    """Yield the entries of each part."""
    starts = _starts(view.entries)
    for start, end in zip(starts, [*starts[1:], len(view.entries)], strict=True):
        yield view.entries[start:end]


def _starts(entries: Sequence[AnyEntry]) -> list[int]:
    """Return the places at which the parts begin."""
    starts, room = [0], CHARACTERS_AT_ONCE
    for place, entry in enumerate(entries):
        is_full = place - starts[-1] == ENTRIES_AT_ONCE
        if is_full or (entry.size > room and place > starts[-1]):
            starts.append(place)
            room = CHARACTERS_AT_ONCE
        room -= entry.size
    return starts


def _span(view: TranscriptView, starts: Sequence[int], part: int) -> Neighbour:
    """Return the part's first turn, and the last before the next part, as numbers."""
    entries = view.entries
    is_last = part + 1 == len(starts)
    last = view.total if is_last else entries[starts[part + 1]].number - 1
    return Neighbour(entries[starts[part]].number, last)
