"""The words that were searched for, marked wherever a conversation's page has them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from conversations.search.matching import Matcher


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text. is_hit: it is to be marked."""

    text: str
    is_hit: bool


class Highlighter:
    """Of one question, for all texts of a page."""

    def __init__(self, question: str) -> None:
        self._matcher = Matcher(question)

    def html(self, text: str) -> SafeString:
        before = ""
        marked = []  # each hit, with what stands before it
        for piece in self.pieces(text):
            if piece.is_hit:
                marked.append((before, piece.text))
                before = ""
            else:
                before = piece.text
        hits = format_html_join("", "{}<mark>{}</mark>", marked)
        return format_html("{}{}", hits, before)

    def are_in(self, text: str) -> bool:
        return any(True for _ in self._matcher.spans(text))

    def pieces(self, text: str) -> Iterator[Piece]:
        """Yield the whole text as it is, in pieces that are hits or not."""
        at = 0
        for start, end in self._matcher.spans(text):
            if start > at:
                yield Piece(text[at:start], is_hit=False)
            yield Piece(text[start:end], is_hit=True)
            at = end
        if at < len(text):
            yield Piece(text[at:], is_hit=False)
