"""Entries of the search for a million conversations, made in one statement.

What `conversations/search/index_worker.py` does one by one takes a quarter of an hour.
A test compares the two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from conversations.search import lexemes, searched_text

Execute = Callable[..., list[tuple[Any, ...]]]

# A version of the index that no rules come after: the models, which have the number,
# cannot be loaded here.
BY_THE_RULES_OF_TODAY = 32_767
# Each in every other call, never both; and one of the oldest tenth of them only.
EVENLY, ODDLY, FORMERLY = "evenly", "oddly", "formerly"


@contextmanager
def not_indexed_meanwhile(execute: Execute) -> Iterator[None]:
    """Let conversations be written in the block without a job for the worker."""
    table = "conversations_conversation"
    execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    try:
        yield
    finally:
        execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def make_findable(
    execute: Execute, transcripts: Mapping[int, Sequence[Mapping[str, object]]]
) -> None:
    """Insert the search entries of what `bench_call`, `bench_said` and the
    conversations hold.

    transcripts: the turns of each by its number.
    """
    execute("CREATE TABLE bench_words (transcript int, words text[])")
    for number, turns in transcripts.items():
        words = sorted(searched_text.said(turns, "").words().words)
        execute("INSERT INTO bench_words VALUES (%s, %s)", number, words)
    execute("CREATE TABLE bench_tag (organization_id uuid, tag text)")
    for (organization_id,) in execute("SELECT id FROM accounts_organization"):
        tag = lexemes.tag_of(organization_id)
        execute("INSERT INTO bench_tag VALUES (%s, %s)", organization_id, tag)
    # Made whole afterwards: row by row an index of words takes an hour.
    ((index,),) = execute(
        "SELECT pg_get_indexdef('search_entry_words'::regclass)",
    )
    execute("DROP INDEX search_entry_words")
    execute(_ENTRIES, BY_THE_RULES_OF_TODAY)
    execute(index)
    for kind, value in _SEEN.items():
        execute(
            "INSERT INTO conversations_seenvalue "  # noqa: S608 - ours
            "(id, organization_id, kind, value, last_seen_at) "
            f"SELECT gen_random_uuid(), organization_id, '{kind}', {value}, "
            "max(created_at) FROM conversations_conversation AS call GROUP BY 2, 4 "
            "ON CONFLICT DO NOTHING",
        )
    execute("DROP TABLE bench_words, bench_tag")


_SEEN = {
    "ended_reason": "ended_reason",
    "version": "version",
    "metadata_key": "jsonb_object_keys(metadata)",
}
_ENTRIES = """
    INSERT INTO conversations_searchentry (conversation_id, version, words)
    SELECT call.id, %s, array_to_tsvector(ARRAY(
        SELECT tag || 'w' || word
        FROM unnest(known.words || said.words) AS said (word)
        UNION ALL
        SELECT tag || 'r' || word
        FROM unnest(regexp_split_to_array(lower(call.customer_name), ' ') || ARRAY[
            'call', replace(call.external_id, '-', ''), substr(call.external_id, 6),
            substr(call.customer_number, 2), substr(call.customer_number, 3),
            substr(call.customer_number, 4), substr(call.customer_number, 5),
            right(call.customer_number, 4)]) AS one (word)
        UNION ALL
        SELECT tag || 'r' || right(call.customer_number, digits)
        FROM generate_series(6, length(call.customer_number) - 1) AS digits
        UNION ALL
        SELECT tag || fact
        FROM unnest(ARRAY[
            to_char(call.created_at AT TIME ZONE 'UTC', '"n"YYYYMM'),
            to_char(call.created_at AT TIME ZONE 'UTC', '"d"YYYYMMDD'),
            'a' || left(md5(call.agent_id::text), 12),
            'p' || left(md5(call.provider), 12),
            'e' || left(md5(call.ended_reason), 12),
            'v' || left(md5(call.version), 12),
            'ht' || call.has_transcript::int, 'ha' || call.has_audio::int,
            'hx' || call.is_test::int]) AS two (fact)
        UNION ALL
        SELECT tag || 'm' || left(md5(key || E'\\n' || value), 12)
        FROM jsonb_each_text(call.metadata)
    ))
    FROM bench_call
    JOIN conversations_conversation AS call USING (id)
    JOIN bench_tag ON bench_tag.organization_id = call.organization_id
    JOIN bench_words AS known ON known.transcript = bench_call.transcript
    JOIN bench_said AS said ON said.number = bench_call.number
    ORDER BY bench_call.number
"""
