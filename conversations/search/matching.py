"""Which words of a question a text has, and where: in time that grows with the text
alone, however many words are asked for.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from heapq import merge

from conversations.search.letters import (
    ACCENTS,
    INVISIBLE,
    has_umlauts,
    normalize,
    written_out,
)
from conversations.search.numbers import MIN_DIGITS, has_spoken_digits, number_runs
from conversations.search.tokenizer import (
    AskedWord,
    asked_words,
    is_spaceless,
    text_words,
    without_joints,
)

_TOGETHER = re.compile(r"\S+")
# A sign with what is written on it, and syllables of Korean that are written in parts:
# what `normalize` may make one of.
_SIGN = re.compile(
    rf"[\u1100-\u11ff]+|.[{ACCENTS}{INVISIBLE}\u3099\u309a\uff9e\uff9f]*", re.S
)
_NO_DIGITS = re.compile("[^0-9]+")
# Tokens whose answer is kept: they repeat, long ones seldom.
MAX_KNOWN = 10_000
MAX_KNOWN_CHARACTERS = 64
# A shorter text is cut into its words right away.
MIN_TEXT_TO_SKIM = 1_000

Span = tuple[int, int]


class WordSet:
    """Some asked words."""

    def __init__(self, asked: Sequence[AskedWord]) -> None:
        self.asked = asked
        self._wanted = {each for word in asked for each in word.words}
        self._beginnings = {
            spelling[-1]
            for word in asked
            if word.is_beginning
            for spelling in word.spellings
        }
        self._lengths = {len(each) for each in self._beginnings}
        self._has_numbers = any(map(str.isdecimal, self._wanted))
        self._known: dict[str, bool] = {}

    def count(self, text: str) -> int:
        """Return how many of the words the text has."""
        folded = normalize(text)
        if len(folded) > MIN_TEXT_TO_SKIM and not self._may_be_in(text, folded):
            return 0
        there, begun = self._seen(text, folded)
        if not there and not begun:
            return 0
        return sum(
            _is_there(word, there, begun if word.is_beginning else frozenset())
            for word in self.asked
        )

    def has_one(self, token: str) -> bool:
        """Tell whether a token has any of the words."""
        if token in self._known:
            return self._known[token]
        has_one = bool(self.count(token))
        if len(token) <= MAX_KNOWN_CHARACTERS and len(self._known) < MAX_KNOWN:
            self._known[token] = has_one
        return has_one

    def _may_be_in(self, text: str, folded: str) -> bool:
        """Tell whether a long text has the letters of a word at all, which is quickly
        seen."""
        if self._has_numbers and has_spoken_digits(folded):
            return True
        joined = without_joints(folded)
        places = [folded, joined]
        if has_umlauts(text):
            places.append(normalize(written_out(text)))
        digits = _NO_DIGITS.sub("", folded) if self._has_numbers else ""

        def may_be(word: str) -> bool:
            if word.isdecimal() and word.lstrip("0") in digits:
                return True
            return any(word in place for place in places)

        return any(
            all(map(may_be, spelling))
            for word in self.asked
            for spelling in word.spellings
        )

    def _seen(self, text: str, folded: str) -> tuple[set[str], set[str]]:
        """Return which of the asked words are there, and which begin one."""
        there, begun = set(), set()
        for word in text_words(text, folded, with_numbers=self._has_numbers):
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
        self._whole = WordSet(self.asked)
        self._parts = WordSet(list(_parts_of(self.asked)))
        self._spellings = {each for word in self.asked for each in word.words}
        self._lengths = _lengths_by_sign(self._spellings)
        # With and without a zero in front, which a text with a country lacks.
        digits = {
            one
            for each in filter(str.isdecimal, self._spellings)
            for one in (each, each.lstrip("0"))
        }
        self._numbers = frozenset(one for one in digits if len(one) >= MIN_DIGITS)
        self._sizes = sorted({len(one) for one in self._numbers}, reverse=True)

    def count(self, text: str) -> int:
        """Return how many of the words the text has."""
        return self._whole.count(text) if self.asked else 0

    def spans(self, text: str) -> Iterator[Span]:
        """Yield where the words are, in order and apart: start and end in characters."""
        found = False
        for span in _apart(
            merge(self._found(text, self._whole), self._found_numbers(text))
        ):
            found = True
            yield span
        # What is asked for as a whole is there in its parts.
        if not found and self._parts.asked and self.count(text):
            yield from self._found(text, self._parts)

    def _found(self, text: str, words: WordSet) -> Iterator[Span]:
        for token in _TOGETHER.finditer(text) if words.asked else ():
            if words.has_one(token[0]):
                start = token.start()
                for first, last in self._within(token[0]):
                    yield start + first, start + last

    def _found_numbers(self, text: str) -> Iterator[Span]:
        """Yield where numbers are whose groups are apart."""
        for run in number_runs(text) if self._numbers else ():
            if len(run.groups) > 1:
                yield from run.spans_of(self._numbers, self._sizes)

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


def _parts_of(asked: Iterable[AskedWord]) -> Iterator[AskedWord]:
    """Yield the words of spellings that have several, each by itself."""
    for word in asked:
        for spelling in word.spellings:
            if len(spelling) > 1:
                parts = [AskedWord(((part,),)) for part in spelling]
                parts[-1] = replace(parts[-1], is_beginning=word.is_beginning)
                yield from parts


def _is_there(
    word: AskedWord, there: set[str], begun: set[str] | frozenset[str]
) -> bool:
    return any(
        (last in there or last in begun) and there.issuperset(others)
        for *others, last in word.spellings
    )


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


def _apart(spans: Iterable[Span]) -> Iterator[Span]:
    """Yield spans that are in order, those that overlap as one."""
    last: Span | None = None
    for span in spans:
        if last is None or span[0] >= last[1]:
            if last is not None:
                yield last
            last = span
        else:
            last = last[0], max(last[1], span[1])
    if last is not None:
        yield last
