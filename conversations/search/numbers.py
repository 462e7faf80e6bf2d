"""Numbers as people write and say them: phone numbers, order numbers, amounts.

Digits that only spaces, dashes, dots, commas, slashes and brackets part are one number.
A text is found by it from each group of digits on and, where it may be a phone number,
from each digit on: a country, an area or a leading zero, however it is written, is
written in front. `asked_numbers` asks for what is left without these. Digits that are
said one by one, in English, are digits too (`four four two oh`, `double five`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

Span = tuple[int, int]

# The longest phone number has 15 digits, and 3 or 4 may lead abroad.
MAX_DIGITS = 18
MIN_DIGITS = 4
# From here on it may be a phone number: each end of it is found that has MIN_END, and the
# last four digits.
MIN_PHONE, MIN_END = 7, 6
# Written without a country and without a zero, as `(555) 010-2030`.
NATIONAL = range(8, 11)

_PARTING = (
    r"[-\u2010-\u2015\u2212 \t\u00a0\u2000-\u200a\u202f\u205f\u3000_.,/()\uff08\uff09'\u2019"
    # Invisible ones, such as those around a number that was copied from a phone.
    r"\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]{1,4}"
)
_ZERO_TO_FOUR = ("zero", "one", "two", "three", "four")
_FIVE_TO_NINE = ("five", "six", "seven", "eight", "nine")
_SAID = {
    word: str(digit) for digit, word in enumerate(_ZERO_TO_FOUR + _FIVE_TO_NINE)
} | {"oh": "0", "o": "0"}
_TIMES = {"double": 2, "triple": 3}
_ONE_SAID = (
    rf"(?:(?:double|triple){_PARTING})?"
    rf"(?:{'|'.join(sorted(_SAID, reverse=True))}|\d+)\b"
)
_WRITTEN = re.compile(rf"\d+(?:{_PARTING}\d+)*")
# So many in a row: `one or two` is no number.
MIN_SAID = 4
_SPOKEN = re.compile(
    rf"\b{_ONE_SAID}(?:{_PARTING}{_ONE_SAID}){{{MIN_SAID - 1},}}", re.IGNORECASE
)
_GROUP = re.compile(r"\d+|[a-z]+")
# In front of a number: what says that a country comes first, or what belongs to it.
_IN_FRONT = re.compile(r"[+\uff0b(\uff08]*\Z")
_ATTACHED = re.compile(r"[\w\-#/.@&]\Z")
# A zero that is dialled only within the country: +44 (0)20.
_INNER_ZERO = re.compile(r"\(0\)")
# What parts two numbers rather than two groups of one.
_NEXT_NUMBER = re.compile(r"[,/]\s|\s/|\)\s?,")


@dataclass(frozen=True, slots=True)
class NumberRun:
    """Digits of a text that belong together.

    groups: at which digit each group begins. places: of each digit, where in the text
    that is, or the word that says it. start, end: of all of it, in characters.
    has_country: it begins with a plus. is_attached: it belongs to a word, as the 5182
    of `INV-5182` does.
    """

    digits: str
    groups: tuple[int, ...]
    places: tuple[Span, ...]
    start: int
    end: int
    has_country: bool = False
    is_attached: bool = False

    def words(self) -> Iterator[str]:
        """Yield what a text with this number is found by."""
        size = len(self.digits)
        starts = set(self.groups)
        if MIN_PHONE <= size <= MAX_DIGITS and not self.is_attached:
            starts |= {*range(size - MIN_END + 1), size - MIN_DIGITS}
        for start in starts:
            if size - start >= MIN_DIGITS:
                yield self.digits[start : start + MAX_DIGITS]
        if size in NATIONAL and self.digits[0] != "0" and not self.has_country:
            yield "0" + self.digits
        yield from self.amounts()

    def amounts(self) -> Iterator[str]:
        """Yield numbers without what parts their thousands: 1299 of `1,299.50`."""
        bounds = [*self.groups, len(self.digits)]
        sizes = [end - start for start, end in pairwise(bounds)]
        for first, size in enumerate(sizes):
            if size > 3:
                continue
            # Of two digits in India: 12,34,567.
            for last in range(first + 1, min(first + 6, len(sizes))):
                if sizes[last] == 3:
                    yield self.digits[bounds[first] : bounds[last + 1]]
                elif sizes[last] != 2:
                    break

    def spans_of(self, words: frozenset[str], sizes: list[int]) -> Iterator[Span]:
        """Yield where in the text it has one of some words of digits.

        sizes: all lengths of these, the longest first.
        """
        at = 0
        while at < len(self.digits):
            for size in sizes:
                end = at + size
                if end <= len(self.digits) and self.digits[at:end] in words:
                    start = self.start if at == 0 else self.places[at][0]
                    yield start, self.places[end - 1][1]
                    at = end
                    break
            else:
                at += 1


def number_runs(text: str) -> Iterator[NumberRun]:
    """Yield all numbers but those that are words like any other: of one group, short,
    and with neither a plus nor a zero in front."""
    for found in _WRITTEN.finditer(text):
        if found.end() - found.start() >= MIN_DIGITS:
            yield from _runs_of(text, found.start(), found[0])
    for found in _SPOKEN.finditer(text) if has_spoken_digits(text) else ():
        # Digits alone are found above.
        if any(map(str.isalpha, found[0])):
            run = _run(text, found.start(), found[0])
            if len(run.digits) >= MIN_DIGITS:
                yield run


def has_spoken_digits(text: str) -> bool:
    """Tell whether so many words in a row are digits: quicker than looking for them."""
    words = _GROUP.findall(text.lower())
    if _SAID.keys().isdisjoint(words):
        return False
    together = 0
    has_word = False
    for word in words:
        is_word = word in _SAID or word in _TIMES
        if is_word or word.isdecimal():
            together += 1
            has_word = has_word or is_word
            if together == MIN_SAID and has_word:
                return True
            together = min(together, MIN_SAID - 1)
        else:
            together, has_word = 0, False
    return False


def _runs_of(text: str, start: int, written: str) -> Iterator[NumberRun]:
    """Yield it as one or, where it is too long for one, as several numbers."""
    run = _run(text, start, written)
    is_short = len(run.digits) < MIN_PHONE and run.digits[0] != "0"
    if is_short and len(run.groups) == 1 and not run.has_country:
        return
    yield run
    if len(run.digits) > MAX_DIGITS and len(run.groups) > 1:
        at = 0
        for parting in _NEXT_NUMBER.finditer(written):
            yield _run(text, start + at, written[at : parting.start()])
            at = parting.end()
        if at:
            yield _run(text, start + at, written[at:])


def _run(text: str, start: int, written: str) -> NumberRun:
    # Blanked, so that places stay what they are.
    written = _INNER_ZERO.sub("   ", written)
    digits: list[str] = []
    groups: list[int] = []
    places: list[Span] = []
    times = 1
    for group in _GROUP.finditer(written.lower()):
        word = group[0]
        if word in _TIMES:
            times = _TIMES[word]
            continue
        groups.append(len(digits))
        is_written = word.isdecimal() and times == 1
        for place, sign in enumerate(_SAID.get(word, word) * times, group.start()):
            first, last = (place, place + 1) if is_written else group.span()
            digits.append(str(int(sign)))
            places.append((start + first, start + last))
        times = 1
    in_front = _IN_FRONT.search(text, max(0, start - 3), start)
    front = in_front[0] if in_front else ""
    return NumberRun(
        "".join(digits),
        tuple(groups),
        tuple(places),
        start - len(front),
        start + len(written),
        has_country="+" in front or "\uff0b" in front,
        is_attached=not front
        and bool(_ATTACHED.search(text, max(0, start - 1), start)),
    )
