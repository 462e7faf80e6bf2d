"""What a text is found by: cutting it into words, the same way for what was said and
for what is asked.

What letters count as is in `letters`, numbers of several groups in `numbers`. What hangs
together (`RM_9fQx-12`, an address, a number with dashes) is a word as a whole, without
its signs, and in its parts. Scripts that write no spaces, and Korean, which writes its
particles onto its words, are cut into pairs of neighbouring signs.

Whoever changes what a text is found by raises `SearchEntry.VERSION`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace

from conversations.search.asked_numbers import asked_numbers
from conversations.search.letters import (
    class_of,
    has_umlauts,
    normalize,
    written_out,
)
from conversations.search.numbers import number_runs

# Longer ones are cut, in texts and in questions alike.
MAX_WORD_CHARACTERS = 64

# `\w` leaves out vowel signs, without which Hindi or Thai falls apart. Its underscore
# is made a dash beforehand.
MARKS = class_of(
    sign
    for sign in map(chr, range(0x0300, 0x1E000))
    if unicodedata.category(sign)[0] == "M"
)
_LETTER = rf"[\w{MARKS}]"
_JOINT = r"[-.@+/:'&#]"
_PLAIN_TOGETHER = re.compile(rf"[a-z0-9]+(?:{_JOINT}[a-z0-9]+)*")
_TOGETHER = re.compile(rf"{_LETTER}+(?:{_JOINT}{_LETTER}+)*")
_PARTS = re.compile(rf"{_LETTER}+")
_JOINTS = re.compile(_JOINT)
# An order number, written `INV 5182` as well.
_LETTERS_AND_DIGITS = re.compile(r"([a-z]+)([0-9]+)|([0-9]+)([a-z]+)")
_HANGUL = "\u1100-\u11ff\uac00-\ud7af"
# Thai, Lao, Myanmar, Khmer, kana, what China, Japan and Korea share, and Korean.
_WITHOUT_SPACES = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"
    f"\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff{_HANGUL}"
)
_SPACELESS = re.compile(f"[{_WITHOUT_SPACES}]")
_KOREAN = re.compile(f"[{_HANGUL}]+")
_RUN = re.compile(f"[{_WITHOUT_SPACES}]+|[^{_WITHOUT_SPACES}]+")
# What Korean writes onto a noun, the longest first: a text may have another.
_PARTICLES = (
    *("\uc5d0\uc11c", "\uc73c\ub85c", "\ubd80\ud130", "\uae4c\uc9c0"),
    *("\uc5d0\uac8c", "\ud55c\ud14c", "\uc774\ub791", "\ud558\uace0"),
    *"\uc740\ub294\uc774\uac00\uc744\ub97c\uc5d0\uc758\ub85c\ub3c4\uc640\uacfc\ub9cc\uc694",
)
# A compound is written in one or in two, and this is the longest.
MAX_COMPOUND = 12

Spelling = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AskedWord:
    """One word of a question.

    spellings: each some words, all of which a text has that has it. is_beginning: the
    last word of each may only begin one of the text.
    """

    spellings: tuple[Spelling, ...]
    is_beginning: bool = False

    @property
    def words(self) -> set[str]:
        return {word for spelling in self.spellings for word in spelling}


def words_in(text: str) -> set[str]:
    """Everything that a text is found by."""
    return set(text_words(text, normalize(text)))


def text_words(text: str, folded: str, *, with_numbers: bool = True) -> Iterator[str]:
    """Yield everything that a text is found by, some of it several times.

    folded: the text normalized. with_numbers: also those of several groups of digits.
    """
    yield from normalized_words(folded)
    for run in number_runs(folded) if with_numbers else ():
        yield from run.words()
    if has_umlauts(text):
        words = filter(has_umlauts, text.split())
        yield from normalized_words(normalize(written_out(" ".join(words))))


def normalized_words(folded: str) -> Iterator[str]:
    """Yield the words of a normalized text and their parts."""
    pattern = _PLAIN_TOGETHER if folded.isascii() else _TOGETHER
    for together in set(pattern.findall(folded)):
        if together.isascii() and together.isalnum():
            yield together[:MAX_WORD_CHARACTERS]
            if not together.isalpha():
                yield from _letters_and_digits(together)
            continue
        parts = _PARTS.findall(together)
        for part in parts:
            # The last sign alone as well: a question may be one sign long.
            yield from _cut(part, with_last=True)
            yield from _letters_and_digits(part)
        if len(parts) > 1:
            yield "".join(parts)[:MAX_WORD_CHARACTERS]


def without_joints(folded: str) -> str:
    """Return a normalized text without what joins its words, as wholes are written."""
    return _JOINTS.sub("", folded)


def asked_words(text: str) -> list[AskedWord]:
    """Return the words of a question, each once, in order; a text must have them all,
    and may have the last one as a beginning."""
    asked = _asked(normalize(text))
    others = _asked(normalize(written_out(text))) if has_umlauts(text) else asked
    if len(others) == len(asked):
        asked = [_either(*both) for both in zip(asked, others, strict=True)]
    asked = list(dict.fromkeys(asked))
    if asked:
        asked[-1] = replace(asked[-1], is_beginning=True)
    return asked


def _asked(folded: str) -> list[AskedWord]:
    asked: list[AskedWord] = []
    at = 0
    for number in asked_numbers(folded):
        asked += _asked_in(folded[at : number.start])
        asked.append(AskedWord(number.spellings, number.is_beginning))
        at = number.end
    return asked + list(_asked_in(folded[at:]))


def _asked_in(folded: str) -> Iterator[AskedWord]:
    for together in _TOGETHER.findall(folded):
        parts = _PARTS.findall(together)
        cut = [word for part in parts for word in _cut(part, with_last=False)]
        if len(parts) > 1:
            whole = "".join(parts)[:MAX_WORD_CHARACTERS]
            yield AskedWord(((whole,), tuple(cut)))
        elif split := tuple(_letters_and_digits(together)):
            yield AskedWord(((together[:MAX_WORD_CHARACTERS],), split))
        elif _KOREAN.fullmatch(together):
            yield from _asked_korean(together)
        else:
            yield from map(_asked_plain, cut)


def _asked_plain(word: str) -> AskedWord:
    # A sign alone is in a text only with its neighbour.
    is_sign = len(word) == 1 and is_spaceless(word)
    return AskedWord(((word,),), is_beginning=is_sign)


def _asked_korean(word: str) -> Iterator[AskedWord]:
    """Yield a word of Korean: as it is, with another particle, or written in two."""
    stems = (word.removesuffix(particle) for particle in _PARTICLES)
    stem = next((one for one in stems if one != word and len(one) > 1), word)
    pairs = list(_cut(word, with_last=False))
    spellings = [tuple(pairs), tuple(_cut(stem, with_last=False))]
    if 4 <= len(word) <= MAX_COMPOUND:
        # Without the pair that is where the space would be.
        gaps = range(1, len(pairs) - 1)
        spellings += [tuple(pairs[:gap] + pairs[gap + 1 :]) for gap in gaps]
    is_sign = len(word) == 1
    yield AskedWord(tuple(dict.fromkeys(spellings)), is_beginning=is_sign)


def _either(one: AskedWord, other: AskedWord) -> AskedWord:
    spellings = tuple(dict.fromkeys((*one.spellings, *other.spellings)))
    return replace(one, spellings=spellings)


def is_spaceless(text: str) -> bool:
    return bool(_SPACELESS.search(text))


def _letters_and_digits(part: str) -> Iterator[str]:
    """Yield the two where a word is letters and then digits, or digits and letters."""
    if not part.isascii() or part.isalpha() or part.isdecimal():
        return
    if len(part) <= MAX_WORD_CHARACTERS:
        found = _LETTERS_AND_DIGITS.fullmatch(part)
        yield from filter(None, found.groups()) if found else ()


def _cut(part: str, *, with_last: bool) -> Iterator[str]:
    """Yield the part itself; of a script without spaces all pairs of neighbours."""
    if not _SPACELESS.search(part):
        yield part[:MAX_WORD_CHARACTERS]
        return
    for run in _RUN.findall(part):
        if _SPACELESS.match(run):
            pairs = len(run) if with_last or len(run) == 1 else len(run) - 1
            yield from (run[at : at + 2] for at in range(pairs))
        else:
            yield run[:MAX_WORD_CHARACTERS]
