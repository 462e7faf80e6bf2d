"""Combinations of searches and filters that are timed.

Of each kind of filter: with words, with another filter, deep in the list, and such that
no row fits both.
"""

from __future__ import annotations

from collections.abc import Iterator

from bench.addresses import REQUESTS, Rows
from bench.findable import EVENLY, FORMERLY, ODDLY
from bench.vocabulary import vocabulary

FOUND = 'id="row-'
NOTHING = "No conversation fits these filters."

Query = dict[str, str]
Kinds = Iterator[tuple[str, str, list[Query]]]


def combinations(rows: Rows) -> Kinds:
    """Yield the name, a text of the right answer and the queries of each kind."""
    some = [
        {
            "agent": agent,
            "provider": provider,
            "ended_reason": reason,
            "version": version,
            "has_transcript": "true",
            "has_audio": "false",
            "metadata.campaign": campaign,
        }
        for agent, provider, reason, version, campaign in rows.select(
            "call.agent_id::text, call.provider, call.ended_reason, call.version, "
            "call.metadata->>'campaign'",
            "ORDER BY md5(call.external_id) LIMIT %s",
            REQUESTS,
        )
    ]

    def of(*names: str, **fixed: str) -> list[Query]:
        """Return these filters of each row, with what is the same for all."""
        return [{name: row[name] for name in names} | fixed for row in some]

    yield from words_and_facts(some)
    yield "agent and provider", FOUND, of("agent", "provider")
    yield "provider, ended, version", FOUND, of("provider", "ended_reason", "version")
    yield (
        "transcript, audio, version",
        FOUND,
        of("has_transcript", "has_audio", "version"),
    )
    yield from of_a_year_ago(rows)
    yield from deep_in_filters(rows, some)
    yield from references(rows, some)
    yield from that_never_meet(some)


def words_and_facts(some: list[Query]) -> Kinds:
    """Yield searches for words with filters."""
    names = [*some[0]] * REQUESTS
    by_one = [
        {"q": "lamp", name: row[name]} for row, name in zip(some, names, strict=False)
    ]
    yield "word and each filter", FOUND, by_one
    rarer = vocabulary()[150 : 150 + REQUESTS]
    facts = {"has_transcript": "true", "has_audio": "false"}
    yield "rarer word, two filters", FOUND, [{"q": word, **facts} for word in rarer]
    campaign = "metadata.campaign"
    yield (
        "word, metadata, version",
        FOUND,
        [{"q": "lamp", **{n: row[n] for n in (campaign, "version")}} for row in some],
    )


def of_a_year_ago(rows: Rows) -> Kinds:
    """Yield searches whose rows are at the end of the list."""
    oldest = rows.at(rows.count() - 1)[1].date()
    dates = {"to": str(oldest.replace(day=28))}
    yield "word, a year ago", FOUND, [{"q": "lamp", **dates}] * REQUESTS
    filters = {"ended_reason": "timeout", "has_transcript": "true"}
    yield "facts, a year ago", FOUND, [filters | dates] * REQUESTS


def deep_in_filters(rows: Rows, some: list[Query]) -> Kinds:
    """Yield pages deep in a filtered list."""
    cursors = [cursor for cursor, _ in rows.deep()]
    for name, filters in {
        "deep page, ended, metadata": ("ended_reason", "metadata.campaign"),
        "deep page, agent, transcript": ("agent", "has_transcript"),
    }.items():
        pages = zip(some, cursors, strict=True)
        yield (
            name,
            FOUND,
            [{n: row[n] for n in filters} | {"before": at} for row, at in pages],
        )
    version = rows.at(rows.count() - 1)[1].strftime("%Y.%m")
    yield (
        "deep page, old version",
        FOUND,
        [{"version": version, "before": cursor} for cursor in cursors],
    )


def references(rows: Rows, some: list[Query]) -> Kinds:
    """Yield searches by the beginning of a reference: `call` begins all, 1555 all
    numbers.
    """
    words = vocabulary()
    numbers = [number for _, number in _numbers(rows)]
    yield (
        "number begun, two facts",
        FOUND,
        [
            {"reference": number[:-1], "has_transcript": "true", "has_audio": "false"}
            for number in numbers
        ],
    )
    rare = words[9_000 : 9_000 + REQUESTS * 50 : 50]
    yield (
        "rare word, every reference",
        FOUND,
        [{"q": word, "reference": "call"} for word in rare],
    )
    yield (
        "word of long ago, number begun",
        FOUND,
        [{"q": FORMERLY, "reference": "1555"}] * REQUESTS,
    )
    yield (
        "letter word, one reference",
        FOUND,
        [{"q": "t", "reference": reference} for reference, _ in _numbers(rows)],
    )


def _numbers(rows: Rows) -> list[tuple[str, str]]:
    return [
        (reference, number)
        for reference, number in rows.select(
            "call.external_id, call.customer_number",
            "ORDER BY md5(call.external_id) LIMIT %s",
            REQUESTS,
        )
    ]


def that_never_meet(some: list[Query]) -> Kinds:
    """Yield filters that no row fits together: Ada Lovelace calls at even numbers, so
    she never says the odd word.
    """
    never = {"q": f"{EVENLY} {ODDLY}"}
    yield (
        "beginnings, never meet",
        NOTHING,
        [{"q": ODDLY, "reference": "ada"}] * REQUESTS,
    )
    for name in ("version", "provider", "has_audio"):
        yield (
            f"never meet, and {name}",
            NOTHING,
            [never | {name: row[name]} for row in some],
        )
