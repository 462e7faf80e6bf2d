"""Where in a conversation a search hit: the turn, and its words to be marked."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from conversations.models import Transcript
from conversations.search.tokenizer import AskedWord, asked_words, words_in
from conversations.turn_values import as_text

Turn = Mapping[str, object]

# Of what surrounds the first hit; the page cuts it to the width there is.
BEFORE, AFTER = 40, 200
# Of a transcript; as much as the search itself reads.
MAX_TEXT_CHARACTERS = 200_000
# Transcripts may be megabytes; a page of them is read only up to here.
MAX_BYTES_OF_A_PAGE = 8_000_000
_TOGETHER = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Piece:
    text: str
    is_hit: bool


@dataclass(frozen=True, slots=True)
class Excerpt:
    """number: of the turn, from 1, as in the anchors of the conversation's page."""

    number: int
    pieces: tuple[Piece, ...]


def excerpts(conversations: Collection[UUID], text: str) -> dict[UUID, Excerpt]:
    """Of those whose turns hold words of the text; a name or a reference needs none."""
    asked = asked_words(text)
    if not asked or not conversations:
        return {}
    found = {}
    rows = Transcript.objects.filter(conversation__in=_small_enough(conversations))
    for row in rows.only("turns", "system_prompt"):
        excerpt = excerpt_of(row.turns or [], asked, row.system_prompt)
        if excerpt is not None:
            found[row.conversation_id] = excerpt
    return found


def _small_enough(conversations: Collection[UUID]) -> list[UUID]:
    sizes = Transcript.objects.raw(
        "SELECT conversation_id, pg_column_size(turns) AS size "
        "FROM conversations_transcript WHERE conversation_id = ANY(%s) ORDER BY 2",
        [list(conversations)],
    )
    kept, room = [], MAX_BYTES_OF_A_PAGE
    for row in sizes:
        room -= getattr(row, "size", None) or 0
        if room >= 0:
            kept.append(row.conversation_id)
    return kept


def excerpt_of(
    turns: Sequence[Turn], asked: Sequence[AskedWord], system_prompt: str = ""
) -> Excerpt | None:
    """Return the turn with most of the words, the first of several."""
    best, most, room = None, 0, MAX_TEXT_CHARACTERS
    for number, turn in enumerate(turns, start=1):
        content = turn.get("content")
        if room <= 0:
            break
        if turn.get("role") == "system" and content == system_prompt:
            continue
        text = " ".join(as_text(content)[:room].split())
        room -= len(text)
        hits = count_in(text, asked)
        if hits > most:
            best, most = (number, text), hits
        if hits == len(asked):
            break
    if best is None:
        return None
    number, text = best
    return Excerpt(number, tuple(_pieces(text, asked)))


def count_in(text: str, asked: Sequence[AskedWord]) -> int:
    """How many of the words the text has."""
    there = words_in(text)
    return sum(_is_there(word, there, is_last=word is asked[-1]) for word in asked)


def _is_there(word: AskedWord, there: Collection[str], *, is_last: bool) -> bool:
    *parts, last = word.parts
    return _has(word.whole, there, is_last) or (
        all(part in there for part in parts) and _has(last, there, is_last)
    )


def _has(word: str, there: Collection[str], is_last: bool) -> bool:
    return word in there or (is_last and any(one.startswith(word) for one in there))


def parts_of(asked: Sequence[AskedWord]) -> list[AskedWord]:
    return [AskedWord(part, (part,)) for word in asked for part in word.parts]


def _pieces(text: str, asked: Sequence[AskedWord]) -> list[Piece]:
    """Cut the text around the first hit, where words are; each hit is a piece."""
    tokens = list(_TOGETHER.finditer(text))
    hits = [token for token in tokens if count_in(token[0], asked)] or tokens[:1]
    # What a whole stands for may be told only by its parts: then those are marked.
    if not any(count_in(token[0], asked) for token in hits):
        parts = parts_of(asked)
        hits = [token for token in tokens if count_in(token[0], parts)]
    if not hits:
        return [Piece(text[:AFTER], is_hit=False)]
    start = max(0, hits[0].start() - BEFORE)
    end = min(len(text), hits[0].end() + AFTER)
    pieces = [Piece("…", is_hit=False)] if start else []
    at = start
    for hit in hits:
        if hit.end() > end:
            break
        pieces.append(Piece(text[at : hit.start()], is_hit=False))
        pieces.append(Piece(hit[0], is_hit=True))
        at = hit.end()
    pieces.append(Piece(text[at:end] + ("…" if end < len(text) else ""), is_hit=False))
    return [piece for piece in pieces if piece.text]
