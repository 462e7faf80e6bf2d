"""What of a transcript is searched: people's words first, and of no turn so much that
it takes the room of another.

An entry of the index has bounds. What people said and what tools were asked and gave have
a room of their own each; where it is too small, turns share it: a short one is searched
whole, and of the long ones as much of each as fits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from conversations.search.tokenizer import words_in
from conversations.turn_values import as_text

Turn = Mapping[str, object]

# Of all turns of a kind together.
MAX_SAID_CHARACTERS = 1_000_000
MAX_TOOLS_CHARACTERS = 200_000
# Of their words in the index, with what that adds to each; and for both together.
MAX_SAID_BYTES = 500_000
MAX_BYTES = 600_000
ADDED_BYTES = 9  # to each word: its organization, its kind, and what a tsvector adds
# More than a text has of it by character: numbers are found from each digit on.
MOST_BYTES_A_CHARACTER = 32
# Each takes half as much as the one before.
TRIES = 8
PEOPLE = frozenset({"user", "assistant"})


class TurnLimits(NamedTuple):
    """Up to how many characters of a turn are searched; None where each is as a whole.

    said: of what people said. tools: of all other turns.
    """

    said: int | None = None
    tools: int | None = None


class SearchedWords(NamedTuple):
    """What a transcript is found by, those of people first."""

    words: list[str]
    limits: TurnLimits


@dataclass(frozen=True, slots=True)
class SaidTurns:
    """The text of each turn. people: of callers and agents. tools: of all others."""

    people: Sequence[str]
    tools: Sequence[str]

    def words(self) -> SearchedWords:
        """Return as many words as there is room for."""
        said, said_limit = _words(self.people, MAX_SAID_CHARACTERS, MAX_SAID_BYTES)
        room = MAX_BYTES - _bytes(said)
        given, tools_limit = _words(self.tools, MAX_TOOLS_CHARACTERS, room)
        return SearchedWords(
            [*said, *(given - said)], TurnLimits(said_limit, tools_limit)
        )


def said(turns: Iterable[Turn], system_prompt: str) -> SaidTurns:
    """Return what each turn said, and what a tool was asked. The system prompt, the same
    in most calls, is left out."""
    people: list[str] = []
    tools: list[str] = []
    for turn in turns:
        role = turn.get("role")
        if role == "system" and turn.get("content") == system_prompt:
            continue
        parts = (as_text(turn.get(one)) for one in ("toolName", "arguments", "content"))
        text = "\n".join(filter(None, parts))
        if text:
            (people if role in PEOPLE else tools).append(text)
    return SaidTurns(people, tools)


def fair_share(sizes: Iterable[int], room: int) -> int | None:
    """Return the most that each may take so that all fit; None where all do as they are.

    sizes, room: characters.
    """
    ordered = sorted(sizes)
    for place, size in enumerate(ordered):
        share = room // (len(ordered) - place)
        if size > share:
            return share
        room -= size
    return None


def _words(
    texts: Sequence[str], room: int, room_bytes: int
) -> tuple[set[str], int | None]:
    """Return the words of these texts that fit, and the most of a text that they are of.

    room: characters. room_bytes: of the words.
    """
    if not texts:
        return set(), None
    sizes = [len(text) for text in texts]
    room = min(room, sum(sizes))
    for _ in range(TRIES):
        limit = fair_share(sizes, room)
        words = words_in("\n".join(text[:limit] for text in texts))
        if room * MOST_BYTES_A_CHARACTER <= room_bytes or _bytes(words) <= room_bytes:
            return words, limit
        room //= 2
    return set(), 0


def _bytes(words: Iterable[str]) -> int:
    return sum(len(word.encode()) + ADDED_BYTES for word in words)
