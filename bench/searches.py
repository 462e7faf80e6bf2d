"""Searches and filters that are timed: thirty addresses of each kind, all different
where that is possible.

They are of what is common, what is rare, what no row has together, and what was long
ago.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from urllib.parse import urlencode

from bench.addresses import REQUESTS, Page, Rows
from bench.combinations import FOUND, NOTHING, Query, combinations
from bench.filling import Execute
from bench.findable import EVENLY, FORMERLY, ODDLY
from bench.vocabulary import vocabulary

LETTERS = list("abcdfghlmnoprstw")


def kinds_of_searches(execute: Execute, slug: str) -> Iterator[tuple[str, list[Page]]]:
    """Yield the name and the pages of each kind."""
    rows = Rows(execute, slug)
    listing = f"/org/{slug}/conversations"
    kinds = chain(searches_for_words(rows), searches_by_facts(rows), combinations(rows))
    for name, shows, queries in kinds:
        yield (
            name,
            [Page(f"{listing}?{urlencode(query)}", shows) for query in queries],
        )
    yield from searches_of_deliveries(rows, f"/org/{slug}/deliveries")


def searches_for_words(rows: Rows) -> Iterator[tuple[str, str, list[Query]]]:
    """Yield searches for words by how frequent they are."""
    words = vocabulary()

    def ranks(start: int, step: int = 1) -> list[str]:
        return words[start : start + REQUESTS * step : step]

    def said(texts: Iterable[str]) -> list[Query]:
        return [{"q": text} for text in texts]

    pairs = zip(ranks(40), ranks(90), strict=True)
    cursors = [cursor for cursor, _ in rows.deep()]
    yield "common word", FOUND, said(ranks(0))
    yield "word of one call in 100", FOUND, said(ranks(150))
    yield "rare word", FOUND, said(ranks(5_000, 1_000))
    yield "two words", FOUND, said(f"{one} {other}" for one, other in pairs)
    yield (
        "common and rare word",
        FOUND,
        said(f"lamp {word}" for word in ranks(9_000, 50)),
    )
    yield "beginning of a word", FOUND, said(word[:3] for word in ranks(2_000, 300))
    yield "one letter", FOUND, said((LETTERS * 2)[:REQUESTS])
    yield (
        "rare word and a letter",
        FOUND,
        said(f"{word} t" for word in ranks(9_000, 50)),
    )
    yield "word nobody said", NOTHING, said(f"xylo{n}" for n in range(REQUESTS))
    yield "common words, never meet", NOTHING, said([f"{EVENLY} {ODDLY}"] * REQUESTS)
    yield "word of long ago", FOUND, said([FORMERLY] * REQUESTS)
    deep = [{"q": words[200], "before": cursor} for cursor in cursors]
    yield "deep page of a word", FOUND, deep


def searches_by_facts(rows: Rows) -> Iterator[tuple[str, str, list[Query]]]:
    """Yield filters by columns and metadata, alone and together."""
    some = rows.select(
        "call.external_id, call.customer_number, call.version, call.ended_reason, "
        "call.metadata->>'campaign', call.metadata->>'room', call.agent_id::text",
        "ORDER BY md5(call.external_id) LIMIT %s",
        REQUESTS,
    )

    def by(**columns: int) -> list[Query]:
        """Return a query for each row: its parameters, each with a column of the row."""
        return [
            {name.replace("__", "."): row[column] for name, column in columns.items()}
            for row in some
        ]

    beginnings = [{"reference": row[0][:-2]} for row in some]
    yield "beginning of a reference", FOUND, beginnings
    yield "number", FOUND, by(reference=1)
    yield "version", FOUND, by(version=2)
    yield "metadata, common", FOUND, by(metadata__campaign=4)
    yield "metadata, one call", FOUND, by(metadata__room=5)
    three = by(ended_reason=3, version=2, metadata__campaign=4)
    yield "ended, version, metadata", FOUND, three
    agents = [{**query, "q": "lamp"} for query in by(agent=6, version=2)]
    yield "agent, version and word", FOUND, agents
    without = [{**query, "has_audio": "true"} for query in by(ended_reason=3)]
    yield "facts that never meet", NOTHING, without
    yield (
        "word and fact, never meet",
        NOTHING,
        [{"q": "lamp tomorrow", "has_transcript": "false"}] * REQUESTS,
    )


def searches_of_deliveries(
    rows: Rows, listing: str
) -> Iterator[tuple[str, list[Page]]]:
    """Yield filters of the log: those that an index serves, and those that read rows."""
    ((key,),) = rows.execute(
        "SELECT key_id::text FROM integrations_delivery WHERE organization_id = "
        "(SELECT id FROM accounts_organization WHERE slug = %s) LIMIT 1",
        rows.slug,
    )
    queries = {
        "deliveries": "",
        "deliveries of a provider": "provider=livekit",
        "deliveries of a key": f"key={key or ''}",
        "deliveries processed": "outcome=processed&status=200",
        "deliveries to look at": "outcome=needs-a-look",
        "deliveries of no call": "provider=upload",
    }
    shown = {"deliveries to look at": "", "deliveries of no call": ""}
    for name, query in queries.items():
        page = Page(f"{listing}?{query}", shown.get(name, FOUND))
        yield name, [page] * REQUESTS
    yield (
        "deliveries of a week",
        [Page(f"{listing}?{week}", FOUND) for week, _ in rows.weeks()],
    )
    yield (
        "deliveries of a call",
        [Page(f"{listing}?reference={one}", FOUND) for one, _ in rows.references()],
    )
