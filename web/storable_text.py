"""Text from outside, made fit to be stored and shown.

Postgres holds no NUL and no halves of surrogate pairs, which JSON can write. Pure.
"""

from __future__ import annotations

import re

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
# As a pattern of JSON schema, for texts of one line.
ONE_LINE_PATTERN = r"^[^\x00-\x1f\x7f-\x9f]*$"

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")


def is_storable(text: str) -> bool:
    """Return whether Postgres can hold it as it is."""
    return _UNSTORABLE.search(text) is None


def has_control_characters(text: str) -> bool:
    """Return whether there is a character of Unicode's category Cc, line ends included."""
    return _CONTROL.search(text) is not None


def replace_unstorable(text: str, *, half_pair: str = REPLACEMENT) -> str:
    """Return the text with U+FFFD for each NUL and `half_pair` for each half."""
    return _UNSTORABLE.sub(half_pair, text.replace("\0", REPLACEMENT))


def drop_unstorable(text: str) -> str:
    """Return the text without NUL and halves: for what is looked for among stored
    texts, of which none has them."""
    return _UNSTORABLE.sub("", text)


def replace_unprintable(text: str) -> str:
    """Return the text with U+FFFD for all that shows nothing, spaces aside, as
    `str.isprintable` has it."""
    return "".join(char if char.isprintable() else REPLACEMENT for char in text)


def escape_unprintable(text: str) -> str:
    """Return the text with `\\n`, `\\x1b`, `\\u202e` and so on for all that shows nothing,
    spaces aside: one line that moves no cursor.
    """
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii")
        for char in text
    )
