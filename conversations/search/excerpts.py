"""Where in a conversation a search hit: the turn, and its words to be marked."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import chain, groupby
from uuid import UUID

from conversations.search.highlighting import Piece
from conversations.search.matching import Matcher, Span
from conversations.search.turn_texts import TurnText, turn_texts

# Of what surrounds the first hit; the page cuts it to the width there is.
BEFORE, AFTER = 40, 200
# Looked through for all rows of a page, in its order: the others have no excerpt.
MAX_PAGE_CHARACTERS = 4_000_000


@dataclass(frozen=True, slots=True)
class Excerpt:
    """number: of the turn, from 1, as in the anchors of the conversation's page."""

    number: int
    pieces: tuple[Piece, ...]


def excerpts(conversations: Collection[UUID], text: str) -> dict[UUID, Excerpt]:
    """Of those whose turns hold words of the text; a name or a reference needs none."""
    matcher = Matcher(text)
    if not matcher.asked or not conversations:
        return {}
    found = {}
    with closing(turn_texts(list(conversations))) as turns:
        by_conversation = groupby(_bounded(turns), lambda one: one.conversation_id)
        for conversation_id, of_one in by_conversation:
            excerpt = excerpt_of(((one.number, one.text) for one in of_one), matcher)
            if excerpt is not None:
                found[conversation_id] = excerpt
    return found


def _bounded(turns: Iterable[TurnText]) -> Iterator[TurnText]:
    room = MAX_PAGE_CHARACTERS
    for turn in turns:
        room -= len(turn.text)
        if room < 0:
            return
        yield turn


def excerpt_of(texts: Iterable[tuple[int, str]], matcher: Matcher) -> Excerpt | None:
    """Return the turn with most of the words, the first of several.

    texts: of the turns, by their numbers.
    """
    best, most = None, 0
    for number, text in texts:
        hits = matcher.count(text)
        if hits > most:
            best, most = (number, text), hits
        if hits == len(matcher.asked):
            break
    if best is None:
        return None
    number, text = best
    return Excerpt(number, tuple(_pieces(" ".join(text.split()), matcher)))


def _pieces(text: str, matcher: Matcher) -> list[Piece]:
    """Cut the text around the first hit, where words are; each hit is a piece."""
    hits = matcher.spans(text)
    first = next(hits, None)
    if first is None:
        return [Piece(text[:AFTER], is_hit=False)]
    start = max(0, first[0] - BEFORE)
    # What hangs together may be as long as the turn.
    end = min(len(text), first[0] + 2 * AFTER, first[1] + AFTER)
    pieces = [Piece("…", is_hit=False)] if start else []
    at = start
    for hit_start, hit_end in _within(chain([first], hits), end):
        pieces.append(Piece(text[at:hit_start], is_hit=False))
        pieces.append(Piece(text[hit_start:hit_end], is_hit=True))
        at = hit_end
    pieces.append(Piece(text[at:end] + ("…" if end < len(text) else ""), is_hit=False))
    return [piece for piece in pieces if piece.text]


def _within(spans: Iterable[Span], end: int) -> Iterator[Span]:
    for span_start, span_end in spans:
        if span_start >= end:
            return
        yield span_start, min(span_end, end)
