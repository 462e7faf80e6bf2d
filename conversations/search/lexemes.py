"""Lexemes: what is in the index of a conversation, and how it is asked for.

Each begins with two letters for the organization, so that a prefix or a common word
reads nothing of another one, and a letter for its kind: a word that was said, a word of
the reference, name or number, or a fact such as the version. So one index answers any
combination, by going through lists that it keeps sorted.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from hashlib import md5
from typing import NamedTuple
from uuid import UUID

from conversations.search import earlier_rules
from conversations.search.tokenizer import AskedWord, asked_words, words_in

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


def outcome_fact(outcome: str) -> str:
    return fact("o", outcome)


def tag_fact(tag: str) -> str:
    return fact("t", tag)


def judged_fact(judge: str, verdict: str) -> str:
    """Either may be empty: for any judge, for any verdict."""
    return fact("j", f"{judge}\n{verdict}")


def test_fact(is_test: bool) -> str:
    return f"hx{is_test:d}"


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


def reference_words(external_id: str, name: str, number: str) -> set[str]:
    """By the reference, the name and the number, each as a whole and in its parts. A
    number also without the first digits of its country, and by its last four."""
    words = words_in(external_id) | words_in(name) | words_in(number)
    digits = "".join(str(int(sign)) for sign in number if sign.isdecimal())
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

    whole: the words that a text must have as they are; empty where there are none.
    begun: those that may only begin one, as the last of a question.
    """

    whole: str
    begun: tuple[str, ...]

    @property
    def everything(self) -> str:
        return together([self.whole, *self.begun])


def words_query(organization_id: UUID, asked: str, kinds: str) -> WordsQuery:
    """Return what finds the words of a question; entries of version 1 by the rules that
    they were made by."""
    tag = tag_of(organization_id)
    words, earlier = asked_words(asked), earlier_rules.asked_words(asked)
    if earlier_rules.find_more(earlier, words):
        either = [_all(tag, some, kinds) for some in (words, earlier) if some]
        return WordsQuery(
            "", ("({})".format(" | ".join(f"({one})" for one in either)),)
        )
    begun = (word for word in words if word.is_beginning)
    return WordsQuery(
        _all(tag, (word for word in words if not word.is_beginning), kinds),
        tuple(_term(tag, word, kinds) for word in begun),
    )


def together(queries: Iterable[str]) -> str:
    return " & ".join(query for query in queries if query)


def facts_query(organization_id: UUID, facts: Iterable[str]) -> str:
    tag = tag_of(organization_id)
    # Nothing in a lexeme means anything to a tsquery, so quotes are all it takes.
    return together(f"'{tag}{one}'" for one in facts)


def any_fact_query(organization_id: UUID, facts: Iterable[str]) -> str:
    tag = tag_of(organization_id)
    return "({})".format(" | ".join(f"'{tag}{one}'" for one in facts))


def _all(tag: str, words: Iterable[AskedWord], kinds: str) -> str:
    return together(_term(tag, word, kinds) for word in words)


def _term(tag: str, word: AskedWord, kinds: str) -> str:
    """Return a term for a word in any of its spellings: `check-in` finds `check in`."""
    plain = [one for one, *more in word.spellings if not more]
    apart = [spelling for spelling in word.spellings if len(spelling) > 1]
    ways = [_any_kind(tag, plain, kinds, word.is_beginning)] if plain else []
    for *parts, last in apart:
        terms = [f"({_any_kind(tag, [part], kinds, False)})" for part in parts]
        terms.append(f"({_any_kind(tag, [last], kinds, word.is_beginning)})")
        ways.append("({})".format(" & ".join(terms)))
    return "({})".format(" | ".join(ways))


def _any_kind(tag: str, words: Sequence[str], kinds: str, is_beginning: bool) -> str:
    prefix = ":*" if is_beginning else ""
    return " | ".join(f"'{tag}{kind}{one}'{prefix}" for one in words for kind in kinds)
