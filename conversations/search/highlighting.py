"""The words that were searched for, marked wherever a conversation's page has them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from conversations.search.excerpts import Piece, count_in, parts_of
from conversations.search.tokenizer import (
    AskedWord,
    asked_words,
    is_spaceless,
    normalize,
)

_TOGETHER = re.compile(r"\S+")


class Highlighter:
    """Of one question, for all texts of a page: their words repeat, so what was found
    of one is kept."""

    def __init__(self, question: str) -> None:
        self.asked = asked_words(question)
        self.parts = parts_of(self.asked)
        self._whole: dict[str, bool] = {}
        self._part: dict[str, bool] = {}

    def html(self, text: str) -> SafeString:
        return format_html_join(
            "", "{}", ((_as_html(piece),) for piece in self.pieces(text))
        )

    def are_in(self, text: str) -> bool:
        return any(piece.is_hit for piece in self.pieces(text))

    def pieces(self, text: str) -> Iterator[Piece]:
        """Yield the whole text as it is, in pieces that are hits or not."""
        at = 0
        for start, end in self._spans(text):
            if start > at:
                yield Piece(text[at:start], is_hit=False)
            yield Piece(text[start:end], is_hit=True)
            at = end
        if at < len(text):
            yield Piece(text[at:], is_hit=False)

    def _spans(self, text: str) -> list[tuple[int, int]]:
        spans = self._found(text, self.asked, self._whole)
        # What is asked for as a whole is there in its parts.
        if not spans and self._has_parts_only and count_in(text, self.asked):
            spans = self._found(text, self.parts, self._part)
        return spans

    @property
    def _has_parts_only(self) -> bool:
        return len(self.parts) > len(self.asked)

    def _found(
        self, text: str, asked: Sequence[AskedWord], known: dict[str, bool]
    ) -> list[tuple[int, int]]:
        spans = []
        for token in _TOGETHER.finditer(text):
            word = token[0]
            if word not in known:
                known[word] = bool(count_in(word, asked))
            if known[word]:
                start = token.start()
                spans += [(start + a, start + b) for a, b in self._within(word)]
        return spans

    def _within(self, token: str) -> list[tuple[int, int]]:
        """All of it; of a script without spaces, where a token may be a sentence, the
        signs that were asked for."""
        if not is_spaceless(token):
            return [(0, len(token))]
        spans: list[tuple[int, int]] = []
        for start in range(len(token)):
            end = max(
                (
                    start + len(word.whole)
                    for word in self.parts
                    if normalize(token[start : start + len(word.whole)]) == word.whole
                ),
                default=start,
            )
            if spans and start <= spans[-1][1] and end > start:
                spans[-1] = spans[-1][0], max(end, spans[-1][1])
            elif end > start:
                spans.append((start, end))
        return spans or [(0, len(token))]


def _as_html(piece: Piece) -> SafeString:
    return format_html("<mark>{}</mark>" if piece.is_hit else "{}", piece.text)
