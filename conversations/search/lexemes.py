"""Lexemes: what is in the index of a conversation, and how it is asked for.

Each begins with two letters for the organization, so that a prefix or a common word
reads nothing of another one, and a letter for its kind: a word that was said, a word of
the reference, name or number, or a fact such as the version. So one index answers any
combination, by going through lists that it keeps sorted.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import md5
from typing import NamedTuple
from uuid import UUID

from conversations.search.tokenizer import AskedWord, asked_words, words_in
from conversations.turn_values import as_text

Turn = Mapping[str, object]

MAX_TEXT_CHARACTERS = 200_000
# A tsvector over a megabyte is an error; this leaves room for what it adds to each.
MAX_BYTES = 700_000
MAX_METADATA_LEXEMES = 1_000

SAID, REFERENCE = "w", "r"


def tag_of(organization_id: UUID) -> str:
    """Two letters that few organizations share; whoever reads checks the rows."""
    return urlsafe_b64encode(
        md5(organization_id.bytes, usedforsecurity=False).digest()
    )[:2].decode()


def fact(kind: str, value: str) -> str:
    digest = md5(value.encode("utf-8", "replace"), usedforsecurity=False)
    return kind + digest.hexdigest()[:12]


def agent_fact(agent_id: UUID) -> str:
    return fact("a", str(agent_id))


def provider_fact(provider: str) -> str:
    return fact("p", provider)


def ended_fact(reason: str) -> str:
    return fact("e", reason)


def version_fact(version: str) -> str:
    return fact("v", version)


def metadata_fact(key: str, value: str) -> str:
    return fact("m", f"{key}\n{value}")


def transcript_fact(has: bool) -> str:
    return f"ht{has:d}"


def audio_fact(has: bool) -> str:
    return f"ha{has:d}"


def month_fact(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):n%Y%m}"


def day_fact(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):d%Y%m%d}"


def said(turns: Sequence[Turn], system_prompt: str) -> str:
    """Return the text of a transcript that is searched: what each turn said, and what a
    tool was asked. The system prompt, the same in most calls, is left out."""
    parts: list[str] = []
    room = MAX_TEXT_CHARACTERS
    for turn in turns:
        if turn.get("role") == "system" and turn.get("content") == system_prompt:
            continue
        for name in ("content", "toolName", "arguments"):
            text = as_text(turn.get(name))[:room]
            if text:
                parts.append(text)
                room -= len(text) + 1
        if room <= 0:
            break
    return "\n".join(parts)


def reference_words(external_id: str, name: str, number: str) -> set[str]:
    """By the reference, the name and the number, each as a whole and in its parts. A
    number also without the first digits of its country, and by its last four."""
    words = words_in(external_id) | words_in(name) | words_in(number)
    digits = "".join(sign for sign in number if sign.isdecimal())
    words |= {digits[start:] for start in range(4)} | {digits[-4:]}
    words.discard("")
    return words


def in_bounds(joined: str) -> str:
    """As many lexemes, joined by spaces, as a tsvector can hold."""
    if len(joined) < MAX_BYTES // 8:  # at most four bytes each, and what it adds
        return joined
    kept = []
    room = MAX_BYTES
    for lexeme in joined.split(" "):
        room -= len(lexeme.encode()) + 5
        if room < 0:
            break
        kept.append(lexeme)
    return " ".join(kept)


class WordsQuery(NamedTuple):
    """The tsqueries for some texts.

    whole: their words but the last ones; empty where there are none. begun: the last
    one of each text, also as a prefix.
    """

    whole: str
    begun: tuple[str, ...]

    @property
    def everything(self) -> str:
        return together([self.whole, *self.begun])


def words_query(organization_id: UUID, asked: str, kinds: str) -> WordsQuery:
    terms = list(_terms(tag_of(organization_id), asked_words(asked), kinds))
    return WordsQuery(together(terms[:-1]), tuple(terms[-1:]))


def together(queries: Iterable[str]) -> str:
    return " & ".join(query for query in queries if query)


def facts_query(organization_id: UUID, facts: Iterable[str]) -> str:
    tag = tag_of(organization_id)
    # Nothing in a lexeme means anything to a tsquery, so quotes are all it takes.
    return together(f"'{tag}{one}'" for one in facts)


def any_fact_query(organization_id: UUID, facts: Iterable[str]) -> str:
    tag = tag_of(organization_id)
    return "({})".format(" | ".join(f"'{tag}{one}'" for one in facts))


def _terms(tag: str, asked: Sequence[AskedWord], kinds: str) -> Iterator[str]:
    for number, word in enumerate(asked, start=1):
        prefix = ":*" if number == len(asked) else ""
        whole = [f"'{tag}{kind}{word.whole}'{prefix}" for kind in kinds]
        if word.parts != (word.whole,):
            whole.append(_all_parts(tag, word.parts, kinds, prefix))
        yield f"({' | '.join(whole)})"


def _all_parts(tag: str, parts: Sequence[str], kinds: str, prefix: str) -> str:
    """Return terms for a word written apart: `check-in` finds `check in` too."""
    last = len(parts) - 1
    return "({})".format(
        " & ".join(
            "({})".format(
                " | ".join(
                    f"'{tag}{kind}{part}'{prefix if number == last else ''}"
                    for kind in kinds
                )
            )
            for number, part in enumerate(parts)
        )
    )
