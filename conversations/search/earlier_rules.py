"""How a question was cut into words for entries of version 1 of the index.

An entry that the worker has not made anew yet is found by these. They go once no entry of
that version can be left, one release later.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import replace

from conversations.search.tokenizer import MARKS, MAX_WORD_CHARACTERS, AskedWord

_LETTER = rf"[\w{MARKS}]"
_JOINT = r"[-.@+/:'\u2019&#]"
_TOGETHER = re.compile(rf"{_LETTER}+(?:{_JOINT}{_LETTER}+)*")
_PARTS = re.compile(rf"{_LETTER}+")
_ACCENTS = re.compile("[\u0300-\u036f]+")
_WITHOUT_SPACES = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_SPACELESS = re.compile(f"[{_WITHOUT_SPACES}]")
_RUN = re.compile(f"[{_WITHOUT_SPACES}]+|[^{_WITHOUT_SPACES}]+")


def asked_words(text: str) -> list[AskedWord]:
    """Return the words of a question as `tokenizer.asked_words` does."""
    asked: dict[AskedWord, None] = {}
    for together in _TOGETHER.findall(_normalize(text)):
        parts = _PARTS.findall(together)
        cut = [word for part in parts for word in _cut(part)]
        if len(parts) > 1:
            whole = "".join(parts)[:MAX_WORD_CHARACTERS]
            asked[AskedWord(((whole,), tuple(cut)))] = None
        else:
            asked.update((AskedWord(((word,),)), None) for word in cut)
    words = list(asked)
    if words:
        words[-1] = replace(words[-1], is_beginning=True)
    return words


def find_more(earlier: Sequence[AskedWord], words: Sequence[AskedWord]) -> bool:
    """Tell whether earlier words may find what the words of today do not."""
    alone = [word for word in earlier if len(word.spellings) == 1]
    exact = {one for word in alone if not word.is_beginning for one in word.words}
    begun = {one for word in alone if word.is_beginning for one in word.words}

    def has_all(word: AskedWord) -> bool:
        there = exact | begun if word.is_beginning else exact
        return any(
            exact.issuperset(others) and last in there
            for *others, last in word.spellings
        )

    def is_wider(word: AskedWord, than: AskedWord) -> bool:
        return set(word.spellings) >= set(than.spellings) and (
            word.is_beginning or not than.is_beginning
        )

    return bool(earlier) and not all(
        has_all(word) or any(is_wider(word, one) for one in earlier) for word in words
    )


def _normalize(text: str) -> str:
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text.casefold())
        text = unicodedata.normalize("NFKC", _ACCENTS.sub("", text))
    return text.lower().replace("_", "-")


def _cut(part: str) -> Iterator[str]:
    if not _SPACELESS.search(part):
        yield part[:MAX_WORD_CHARACTERS]
        return
    for run in _RUN.findall(part):
        if _SPACELESS.match(run):
            pairs = 1 if len(run) == 1 else len(run) - 1
            yield from (run[at : at + 2] for at in range(pairs))
        else:
            yield run[:MAX_WORD_CHARACTERS]
