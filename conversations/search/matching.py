"""Which words of a question a text has, and where: in time that grows with the text
alone, however many words are asked for.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from conversations.search.tokenizer import (
    AskedWord,
    asked_words,
    is_spaceless,
    normalize,
    normalized_words,
    without_joints,
)

_TOGETHER = re.compile(r"\S+")
# A sign with what is written on it, and syllables of Korean that are written in parts:
# what `normalize` may make one of.
_SIGN = re.compile(r"[\u1100-\u11ff]+|.[\u0300-\u036f\u3099\u309a\uff9e\uff9f]*", re.S)
# Tokens whose answer is kept: they repeat, long ones seldom.
MAX_KNOWN = 10_000
MAX_KNOWN_CHARACTERS = 64
# A shorter text is cut into its words right away.
MIN_TEXT_TO_SKIM = 1_000

Span = tuple[int, int]


class WordSet:
    """Some asked words, the last of which may only begin a word of the text."""

    def __init__(self, asked: Sequence[AskedWord]) -> None:
        self.asked = asked
        self._wanted = {each for word in asked for each in (word.whole, *word.parts)}
        ends = {asked[-1].whole, asked[-1].parts[-1]} if asked else set()
        self._beginnings = ends
        self._lengths = {len(each) for each in ends}
        self._known: dict[str, bool] = {}

    def count(self, text: str) -> int:
        """Return how many of the words the text has."""
        folded = normalize(text)
        if len(folded) > MIN_TEXT_TO_SKIM and not self._may_be_in(folded):
            return 0
        there, begun = self._seen(folded)
        if not there and not begun:
            return 0
        last = len(self.asked) - 1
        return sum(
            _is_there(word, there, begun if place == last else frozenset())
            for place, word in enumerate(self.asked)
        )

    def has_one(self, token: str) -> bool:
        """Tell whether a token has any of the words."""
        if token in self._known:
            return self._known[token]
        has_one = bool(self.count(token))
        if len(token) <= MAX_KNOWN_CHARACTERS and len(self._known) < MAX_KNOWN:
            self._known[token] = has_one
        return has_one

    def _may_be_in(self, folded: str) -> bool:
        """Tell whether a long text has the letters of a word at all, which is quickly
        seen."""
        joined = without_joints(folded)
        return any(
            word.whole in joined or all(part in folded for part in word.parts)
            for word in self.asked
        )

    def _seen(self, folded: str) -> tuple[set[str], set[str]]:
        """Return which of the asked words are there, and which begin one."""
        there, begun = set(), set()
        for word in normalized_words(folded):
            if word in self._wanted:
                there.add(word)
            for length in self._lengths:
                if word[:length] in self._beginnings:
                    begun.add(word[:length])
        return there, begun


class Matcher:
    """One question, for any number of texts."""

    def __init__(self, question: str) -> None:
        self.asked = asked_words(question)
        parts = [AskedWord(part, (part,)) for word in self.asked for part in word.parts]
        self._whole = WordSet(self.asked)
        self._parts = WordSet(parts)
        self._spellings = {part.whole for part in parts}
        self._lengths = _lengths_by_sign(self._spellings)

    def count(self, text: str) -> int:
        """Return how many of the words the text has."""
        return self._whole.count(text) if self.asked else 0

    def spans(self, text: str) -> Iterator[Span]:
        """Yield where the words are, in order and apart: start and end in characters."""
        found = False
        for span in self._found(text, self._whole):
            found = True
            yield span
        # What is asked for as a whole is there in its parts.
        if not found and len(self._parts.asked) > len(self.asked) and self.count(text):
            yield from self._found(text, self._parts)

    def _found(self, text: str, words: WordSet) -> Iterator[Span]:
        for token in _TOGETHER.finditer(text) if words.asked else ():
            if words.has_one(token[0]):
                start = token.start()
                for first, last in self._within(token[0]):
                    yield start + first, start + last

    def _within(self, token: str) -> list[Span]:
        """All of it; of a script without spaces, where a token may be a sentence, the
        signs that were asked for."""
        if not is_spaceless(token):
            return [(0, len(token))]
        folded, places = _folded(token)
        spans: list[Span] = []
        for start, sign in enumerate(folded):
            for length in self._lengths.get(sign, ()):
                if folded[start : start + length] in self._spellings:
                    _lay(spans, places[start], places[start + length])
                    break
        return spans or [(0, len(token))]


def _is_there(
    word: AskedWord, there: set[str], begun: set[str] | frozenset[str]
) -> bool:
    *parts, last = word.parts
    if word.whole in there or word.whole in begun:
        return True
    return all(part in there for part in parts) and (last in there or last in begun)


def _lengths_by_sign(words: set[str]) -> dict[str, list[int]]:
    """Return by a word's first sign the lengths of such words, the longest first."""
    lengths: dict[str, set[int]] = defaultdict(set)
    for word in words:
        lengths[word[0]].add(len(word))
    return {sign: sorted(found, reverse=True) for sign, found in lengths.items()}


def _folded(token: str) -> tuple[str, list[int]]:
    """Return a token normalized, and for each character of that, and its end, the place
    in the token where it comes from."""
    parts, places = [], []
    for sign in _SIGN.finditer(token):
        part = normalize(sign[0])
        parts.append(part)
        places += [sign.start()] * len(part)
    places.append(len(token))
    return "".join(parts), places


def _lay(spans: list[Span], start: int, end: int) -> None:
    if spans and start <= spans[-1][1]:
        spans[-1] = spans[-1][0], max(end, spans[-1][1])
    else:
        spans.append((start, end))
