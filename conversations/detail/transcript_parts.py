"""A long transcript in parts: a page shows some hundred turns and leads to the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from conversations.detail.transcript_entries import AnyEntry
from conversations.detail.transcript_reader import TranscriptView

ENTRIES_AT_ONCE = 300


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


def whole(view: TranscriptView) -> TranscriptPart:
    if not view.entries:
        return TranscriptPart([])
    return TranscriptPart(view.entries, 1, view.total)


def part_with(view: TranscriptView, number: int) -> TranscriptPart:
    """Return the part that has this turn, or the result that a call shows; the first
    one where no turn has this number."""
    entries = view.entries
    if len(entries) <= ENTRIES_AT_ONCE:
        return whole(view)
    place = next(
        (
            index
            for index, entry in enumerate(entries)
            if number in (entry.number, entry.last_number)
        ),
        0,
    )
    start = place - place % ENTRIES_AT_ONCE
    here = _span(view, start)
    return TranscriptPart(
        entries[start : start + ENTRIES_AT_ONCE],
        here.first,
        here.last,
        earlier=_span(view, start - ENTRIES_AT_ONCE) if start else None,
        later=(
            _span(view, start + ENTRIES_AT_ONCE)
            if start + ENTRIES_AT_ONCE < len(entries)
            else None
        ),
    )


def _span(view: TranscriptView, start: int) -> Neighbour:
    """Return the part's first turn, and the last before the next part, as numbers."""
    end = start + ENTRIES_AT_ONCE
    entries = view.entries
    last = entries[end].number - 1 if end < len(entries) else view.total
    return Neighbour(entries[start].number, last)
