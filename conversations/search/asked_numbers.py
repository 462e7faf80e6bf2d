"""Numbers in a question: which words of digits a text may have for each.

A phone number has many spellings, and nobody says which country a reader is in. So what
may be missing in front, or be another in the text, is taken away: what leads abroad, the
country, a zero. `numbers` has texts found by what is left.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from conversations.search.numbers import (
    MAX_DIGITS,
    MIN_DIGITS,
    MIN_END,
    MIN_PHONE,
    NumberRun,
    number_runs,
)

# With a country, but without a plus.
MIN_INTERNATIONAL = 11
# After a zero in front, digits: `0172` is how numbers of +49 172 begin.
MIN_AREA = 3
# How long the code of a country is, by ITU-T E.164: 1 and 7, these, and three digits.
_TWO_DIGITS = re.compile("2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]")
# What is dialled to get abroad: in Australia, most of the world, North America.
_ABROAD = ("0011", "00", "011")
# What is dialled within a country, where it is no zero: the digits, the country, the length.
_TRUNKS = (("8", "7", 11), ("06", "36", 10), ("06", "36", 11))
# What has a letter is a word: INV-5182.
_WITH_LETTERS = re.compile(r"[\w.@+/:'&#-]*[^\W\d_][\w.@+/:'&#-]*")


@dataclass(frozen=True, slots=True)
class AskedNumber:
    """A number of a question. start, end: its place there, in characters.

    spellings: each some words, all of which a text with it has.
    """

    start: int
    end: int
    spellings: tuple[tuple[str, ...], ...]
    is_beginning: bool


def asked_numbers(folded: str) -> Iterator[AskedNumber]:
    """Yield the numbers of a normalized question, in order and apart."""
    at = 0
    for run in number_runs(_WITH_LETTERS.sub(_blank, folded)):
        # An order number of any length is one word.
        is_word = len(run.groups) == 1 and len(run.digits) > MAX_DIGITS
        if run.start >= at and len(run.digits) >= MIN_DIGITS and not is_word:
            at = run.end
            is_beginning = len(run.digits) >= MIN_END
            yield AskedNumber(run.start, run.end, spellings(run), is_beginning)


def _blank(word: re.Match[str]) -> str:
    """Return as many letters: places stay what they are, and no number is in them."""
    return "x" * len(word[0])


def spellings(run: NumberRun) -> tuple[tuple[str, ...], ...]:
    """Return which words a text with that number has, in any of its ways to write it."""
    digits = run.digits
    bounds = (*run.groups, len(digits))
    ways: list[tuple[str, ...]] = [(one,) for one in _wholes(digits, run.has_country)]
    ways.append(tuple(digits[a:b] for a, b in pairwise(bounds)))
    ways += _amounts(digits, bounds)
    return tuple(dict.fromkeys(ways))


def _wholes(digits: str, has_country: bool) -> Iterator[str]:
    yield digits[:MAX_DIGITS]
    for abroad in _ABROAD:
        rest = digits.removeprefix(abroad)
        if rest != digits and rest[0:1] != "0" and len(rest) >= MIN_PHONE:
            yield rest[:MAX_DIGITS]
            yield from _within_country(rest)
    if digits[0] == "0" and digits[1:2] != "0" and len(digits) > MIN_AREA:
        yield digits[1:][:MAX_DIGITS]
    elif has_country or MIN_INTERNATIONAL <= len(digits) <= MAX_DIGITS:
        yield from _within_country(digits)
    for trunk, country, size in _TRUNKS:
        if digits.startswith(trunk) and len(digits) == size:
            yield country + digits.removeprefix(trunk)


def _within_country(digits: str) -> Iterator[str]:
    """Yield it as it is written there: with a zero, which those without one are found
    by as well."""
    size = 1 if digits[0] in "17" else 2 if _TWO_DIGITS.match(digits) else 3
    rest = digits[size:].lstrip("0")
    if len(rest) >= MIN_AREA:
        yield f"0{rest}"[:MAX_DIGITS]


def _amounts(digits: str, bounds: tuple[int, ...]) -> Iterator[tuple[str, ...]]:
    """Yield an amount with its thousands together: 1299 and 50, or 1299 alone where
    nothing but zeros follows."""
    sizes = [end - start for start, end in pairwise(bounds)]
    last = len(sizes)
    while last > 1 and sizes[last - 1] != 3:
        last -= 1
    if last > 1 and sizes[0] <= 3 and all(size in (2, 3) for size in sizes[1:last]):
        whole, rest = digits[: bounds[last]], digits[bounds[last] :]
        yield (whole, rest) if rest.strip("0") else (whole,)
