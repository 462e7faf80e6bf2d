"""Which letters count as the same, for what was said and for what is asked.

Case, accents, strokes, vowel points, widths and invisible signs do not count, nor in
which script a digit is written or which of its dashes and apostrophes a text has. What
Unicode takes apart is taken from Python's copy of it; of letters that it does not take
apart the base is read from their names (`LATIN SMALL LETTER L WITH STROKE`), and the few
without such a name are below, each with its source.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator

# A class of `re` with more than these, scripts of the past and pictures, is slow.
_POINTS = range(0x80, 0x10000)
# Latin and Cyrillic: there a letter `WITH` something is what people write without it.
_NAMED = (range(0x0080, 0x0530), range(0x1C80, 0x2C80), range(0xA640, 0xAB70))


def _by_category() -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for sign in map(chr, _POINTS):
        found[unicodedata.category(sign)].append(sign)
    return found


_SIGNS_OF = _by_category()


def class_of(signs: Iterable[str]) -> str:
    """Return characters, in their order, as the inside of a class of `re`."""
    ranges: list[list[int]] = []
    for point in map(ord, signs):
        if ranges and ranges[-1][1] == point - 1:
            ranges[-1][1] = point
        else:
            ranges.append([point, point])
    return "".join(f"{chr(start)}-{chr(end)}" for start, end in ranges)


def _is_left_out(sign: str) -> bool:
    """Tell whether a mark may be missing: accents, nuktas, Hebrew and Arabic points, and
    what encloses a sign. Vowel signs of India, Thai ones and those of kana may not.

    By the combining classes of https://www.unicode.org/reports/tr44/.
    """
    if unicodedata.category(sign) == "Me":
        return True
    place = unicodedata.combining(sign)
    return place in (1, 7) or 10 <= place <= 36 or 200 <= place <= 240


ACCENTS = class_of(filter(_is_left_out, sorted(_SIGNS_OF["Mn"] + _SIGNS_OF["Me"])))
# Seen by nobody: format characters but the non-joiner, variation selectors, fillers of
# Korean, and the lengthening of Arabic words.
INVISIBLE = (
    class_of(sign for sign in _SIGNS_OF["Cf"] if sign != "\u200c")
    + "\u034f\u0640\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\uffa0"
    + "\ufe00-\ufe0f"
)
# Of ideographs and flags.
SELECTORS = "\U000e0001-\U000e01ef"
_INVISIBLE = re.compile(f"[{INVISIBLE}]+")
_SELECTORS = re.compile(f"[{SELECTORS}]+")
_ACCENTS = re.compile(f"[{ACCENTS}]+")

# Source: https://github.com/unicode-org/cldr, common/transforms/Latin-ASCII.xml
_LATIN = dict(
    zip(
        "\u00e6\u0153\u00f0\u00fe\u0131\u0237\u014b\u0138\u025b",
        ("ae", "oe", "d", "th", "i", "j", "n", "q", "e"),
        strict=True,
    )
)
# Forms of alef, yeh, keheh and heh, as ArabicNormalizer and PersianNormalizer of Apache
# Lucene have them.
_ARABIC = dict(
    zip(
        "\u0671\u0649\u06cc\u06d2\u06a9\u0629\u06d5\u06c1\u06be",
        "\u0627\u064a\u064a\u064a\u0643\u0647\u0647\u0647\u0647",
        strict=True,
    )
)
# Apostrophes, among them Hebrew's; what joins Catalan and Persian words, a minus, the bar
# of a fraction; what parts thousands and decimals of Arabic numbers.
_SIGNS = dict.fromkeys("\u2018\u2019\u201b\u2032\u02b9\u02bb\u02bc\u05f3\u05f4", "'")
_SIGNS |= zip("\u00b7\u200c\u2212\u2044\u066c\u066b", "---/,.", strict=True)


def _of_unicode() -> Iterator[tuple[str, str]]:
    """Yield digits of all scripts, dashes, and katakana as hiragana."""
    yield from ((sign, str(unicodedata.decimal(sign))) for sign in _SIGNS_OF["Nd"])
    yield from ((sign, "-") for sign in _SIGNS_OF["Pd"])
    for point in (*range(0x30A1, 0x30F7), 0x30FD, 0x30FE):
        yield chr(point), chr(point - 0x60)


def _by_name() -> Iterator[tuple[str, str]]:
    for sign in (chr(point) for points in _NAMED for point in points):
        base, has, _ = unicodedata.name(sign, "").partition(" WITH ")
        if has and not unicodedata.decomposition(sign) and sign.islower():
            try:
                yield sign, unicodedata.lookup(base)
            except KeyError:  # no such letter
                continue


def _same() -> dict[int, str]:
    plain = _LATIN | _ARABIC | _SIGNS | dict(_of_unicode())
    named = {sign: plain.get(base, base) for sign, base in _by_name()}
    return {ord(sign): base for sign, base in (named | plain).items()}


_SAME = _same()
_HAS_SAME = re.compile(f"[{class_of(map(chr, sorted(_SAME)))}]")
# Written out where there are no such letters: Mueller, Oestergaard, Aarhus, Djokovic.
_WRITTEN_OUT = dict(
    zip(
        map(ord, "\u00e4\u00f6\u00fc\u00f8\u00e5\u0111"),
        ("ae", "oe", "ue", "oe", "aa", "dj"),
        strict=True,
    )
)
_MAY_BE_WRITTEN_OUT = re.compile(
    "[\u00e4\u00f6\u00fc\u00f8\u00e5\u0111]|[aou][\u0308\u030a]", re.IGNORECASE
)


def normalize(text: str) -> str:
    """Return a text without what does not count."""
    if text.isascii():
        return text.lower().replace("_", "-")
    # An acute accent alone would become a space.
    text = _INVISIBLE.sub("", _SELECTORS.sub("", text.replace("\u00b4", "'")))
    text = unicodedata.normalize("NFKD", text.casefold())
    text = unicodedata.normalize("NFKC", _ACCENTS.sub("", text)).casefold()
    if _HAS_SAME.search(text):
        text = text.translate(_SAME)
    return text.replace("_", "-")


def has_umlauts(text: str) -> bool:
    """Tell whether a text has letters that are written as two where they are missing."""
    return not text.isascii() and bool(_MAY_BE_WRITTEN_OUT.search(text))


def written_out(text: str) -> str:
    """Return a text with its umlauts as two letters."""
    composed = unicodedata.normalize("NFC", text).casefold()
    return composed.translate(_WRITTEN_OUT)
