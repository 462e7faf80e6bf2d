"""Words as callers use them: a few in most calls, most in very few (Zipf's law)."""

from __future__ import annotations

import itertools
import random

WORDS = 40_000
# How many of them each call has, drawn by rank: of these some are drawn twice.
SAID_IN_A_CALL = 25

_STARTS = [
    *("b", "br", "c", "ch", "d", "dr", "f", "fl", "g", "gr", "h", "j", "k", "l", "m"),
    *("n", "p", "pl", "qu", "r", "s", "sh", "st", "t", "th", "tr", "v", "w", "z"),
]
_VOWELS = ["a", "e", "i", "o", "u", "ai", "ea", "ou"]
_ENDS = ["", "", "", "l", "n", "r", "s", "t", "nd", "st"]


def vocabulary() -> list[str]:
    """Return the words, short and common ones first, as in a language; always the same."""
    dice = random.Random(1)  # noqa: S311 - no secret
    syllables = ["".join(parts) for parts in itertools.product(_STARTS, _VOWELS, _ENDS)]
    words: dict[str, None] = {}
    while len(words) < WORDS:
        count = 1 + min(3, len(words) * 4 // WORDS) + dice.randrange(2)
        words["".join(dice.choice(syllables) for _ in range(count))] = None
    return list(words)
