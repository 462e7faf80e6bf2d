"""What a text is found by: cutting it into words, the same way for what was said and
for what is asked.

Case, accents and widths do not count. What hangs together (`RM_9fQx-12`, an address, a
number with dashes) is a word as a whole, without its signs, and in its parts. Scripts
that write no spaces are cut into pairs of neighbouring signs.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

# Longer ones are cut, in texts and in questions alike.
MAX_WORD_CHARACTERS = 64


def _class(first: int, last: int, category: str) -> str:
    """Return the characters of a general category, as the inside of a class of `re`."""
    ranges: list[list[int]] = []
    for point in range(first, last):
        if unicodedata.category(chr(point))[0] != category:
            continue
        if ranges and ranges[-1][1] == point - 1:
            ranges[-1][1] = point
        else:
            ranges.append([point, point])
    return "".join(f"{chr(start)}-{chr(end)}" for start, end in ranges)


# `\w` leaves out vowel signs, without which Hindi or Thai falls apart. Its underscore
# is made a dash beforehand.
_LETTER = rf"[\w{_class(0x0300, 0x1E000, 'M')}]"
_JOINT = r"[-.@+/:'\u2019&#]"
_PLAIN_TOGETHER = re.compile(rf"[a-z0-9]+(?:{_JOINT}[a-z0-9]+)*")
_TOGETHER = re.compile(rf"{_LETTER}+(?:{_JOINT}{_LETTER}+)*")
_PARTS = re.compile(rf"{_LETTER}+")
_JOINTS = re.compile(_JOINT)
_ACCENTS = re.compile("[\u0300-\u036f]+")
# Thai, Lao, Myanmar, Khmer, kana, and what China, Japan and Korea share.
_WITHOUT_SPACES = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_SPACELESS = re.compile(f"[{_WITHOUT_SPACES}]")
_RUN = re.compile(f"[{_WITHOUT_SPACES}]+|[^{_WITHOUT_SPACES}]+")


@dataclass(frozen=True, slots=True)
class AskedWord:
    """One word of a question: a text has it as a whole, or in all of its parts."""

    whole: str
    parts: tuple[str, ...]


def normalize(text: str) -> str:
    """Without what does not count: case, accents, widths."""
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text.casefold())
        text = unicodedata.normalize("NFKC", _ACCENTS.sub("", text))
    return text.lower().replace("_", "-")


def words_in(text: str) -> set[str]:
    """Everything that a text is found by."""
    return set(normalized_words(normalize(text)))


def normalized_words(folded: str) -> Iterator[str]:
    """Yield everything that a normalized text is found by, some of it several times."""
    pattern = _PLAIN_TOGETHER if folded.isascii() else _TOGETHER
    for together in set(pattern.findall(folded)):
        if together.isascii() and together.isalnum():
            yield together[:MAX_WORD_CHARACTERS]
            continue
        parts = _PARTS.findall(together)
        for part in parts:
            # The last sign alone as well: a question may be one sign long.
            yield from _cut(part, with_last=True)
        if len(parts) > 1:
            yield "".join(parts)[:MAX_WORD_CHARACTERS]


def without_joints(folded: str) -> str:
    """Return a normalized text without what joins its words, as wholes are written."""
    return _JOINTS.sub("", folded)


def asked_words(text: str) -> list[AskedWord]:
    """Return the words of a question, each once, in order; a text must have them all."""
    asked: dict[AskedWord, None] = {}
    for together in _TOGETHER.findall(normalize(text)):
        parts = _PARTS.findall(together)
        cut = [word for part in parts for word in _cut(part, with_last=False)]
        if len(parts) > 1:
            asked[AskedWord("".join(parts)[:MAX_WORD_CHARACTERS], tuple(cut))] = None
        else:
            asked.update((AskedWord(word, (word,)), None) for word in cut)
    return list(asked)


def is_spaceless(text: str) -> bool:
    return bool(_SPACELESS.search(text))


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
