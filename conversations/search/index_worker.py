"""Making conversations findable: after them, in batches, by one worker at a time.

Whatever changes a conversation leaves a job, by a trigger and in its own transaction.
Organizations take turns, and of each the latest jobs go first, so that a call can be
found a moment after it ended while a long backlog is worked off behind it. A batch ends
after about a second. One that fails is tried again later, alone, a few times; its row
stays and tells why.

Where nothing waits, entries that an earlier version of the rules made are made anew, the
newest calls first, as many at a time as a batch has.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import chain, islice, product
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection, transaction

from conversations import worker_stop
from conversations.models import Conversation, SearchEntry, SearchJob
from conversations.search import lexemes, searched_text, suggestions
from conversations.search.index_jobs import (
    Jobs,
    by_conversation,
    close,
    enqueue_outdated,
    fresh_jobs,
    record_failure,
)
from conversations.verdicts import judged_in, shown_tags_in, tags_in
from web.database_errors import is_away
from web.db_cursor import server_binding_cursor

logger = logging.getLogger(__name__)

BATCH = 200
MAX_SECONDS = 1.0  # of a batch, then others that wait for the worker have their turn
MAX_ENTRY_CHARACTERS = 8 * 1024 * 1024  # of what a batch writes
# Turns may be megabytes each. So many are read together, where none takes more than so
# many bytes in the database, compressed.
READ_AT_ONCE = 10
MAX_READ_TOGETHER = 32 * 1024
RETRIED_AT_ONCE = 10
_LOCK = 0x7A656C746F77  # apart from other advisory locks


class Call(NamedTuple):
    """What one conversation is found by, as it is read."""

    id: UUID
    organization_id: UUID
    agent_id: UUID
    provider: str
    external_id: str
    customer_name: str
    customer_number: str
    ended_reason: str
    version: str
    outcome: str
    has_transcript: bool
    has_audio: bool
    is_test: bool
    created_at: datetime
    metadata: str
    system_prompt: str | None
    turns: str | None

    def facts(self, metadata: Mapping[str, str]) -> Iterator[str]:
        yield lexemes.month_fact(self.created_at)
        yield lexemes.day_fact(self.created_at)
        yield lexemes.agent_fact(self.agent_id)
        yield lexemes.provider_fact(self.provider)
        yield lexemes.ended_fact(self.ended_reason)
        yield lexemes.version_fact(self.version)
        if self.outcome:
            yield lexemes.outcome_fact(self.outcome)
        yield lexemes.transcript_fact(self.has_transcript)
        yield lexemes.audio_fact(self.has_audio)
        yield lexemes.test_fact(self.is_test)
        yield from self._judged_facts()
        for key, value in islice(metadata.items(), lexemes.MAX_METADATA_LEXEMES):
            yield lexemes.metadata_fact(key, value)

    def _judged_facts(self) -> Iterator[str]:
        judged = self.judged
        yield from map(lexemes.tag_fact, tags_in(judged))
        for judge, verdict in judged_in(judged):
            for asked in product({judge, ""}, {verdict, ""}):
                if any(asked):
                    yield lexemes.judged_fact(*asked)

    @property
    def judged(self) -> Any:
        """Return the metadata, where it may say what was judged."""
        says = '"tags"' in self.metadata or '"evaluations"' in self.metadata
        return json.loads(self.metadata) if says else None


class Entry(NamedTuple):
    """words: lexemes, joined by spaces. limits: what of long turns is in them."""

    words: str
    limits: searched_text.TurnLimits


def index_batch(limit: int = BATCH, *, with_large: bool = True) -> int:
    """Work off the latest jobs, in turns by organization; return how many, 0 where
    another worker is at it.

    with_large: also conversations that take a while.

    One that fails does so alone: it keeps its row and comes back later, by itself.
    """
    jobs = by_conversation(fresh_jobs(limit) or enqueue_outdated(limit))
    try:
        worked_off = _index(jobs, with_large)
    except Exception as error:
        if is_away(error):
            raise
        # One conversation is at fault: each on its own.
        logger.exception("A batch could not be indexed; going one by one")
        worked_off = _one_by_one(jobs, with_large)
    due = SearchJob.objects.to_retry().values_list("id", "conversation_id")
    return worked_off + _one_by_one(by_conversation(due[:RETRIED_AT_ONCE]), with_large)


def _one_by_one(jobs: Jobs, with_large: bool) -> int:
    turn = worker_stop.Turn(MAX_SECONDS)
    return sum(
        _index_alone(one, numbers, with_large)
        for number, (one, numbers) in enumerate(jobs.items())
        if number == 0 or not turn.is_over
    )


def _index_alone(conversation: UUID, jobs: list[int], with_large: bool) -> int:
    try:
        return _index({conversation: jobs}, with_large)
    except Exception as error:
        if is_away(error):
            raise
        record_failure(conversation, jobs, error)
        return len(jobs)


def _index(jobs: Jobs, with_large: bool) -> int:
    """Index these conversations in one transaction, as many as take about a second;
    return how many of their jobs that worked off. A job that is done meanwhile is only
    done once more."""
    if not jobs:
        return 0
    turn = worker_stop.Turn(MAX_SECONDS)
    with transaction.atomic():
        if not _is_ours():
            return 0
        entries: dict[UUID, Entry] = {}
        seen = suggestions.Seen()
        looked_at: list[UUID] = []
        for together in _portions(list(jobs), with_large):
            looked_at += together
            for call in _read(together):
                entries[call.id] = _entry(call, seen)
            size = sum(len(entry.words) for entry in entries.values())
            if turn.is_over or size > MAX_ENTRY_CHARACTERS:
                break
        _write(entries)
        seen.write()
        # What somebody else writes just now is not read; it comes again.
        missing = [one for one in looked_at if one not in entries]
        busy = Conversation.objects.filter(id__in=missing).values_list("id", flat=True)
        done = set(looked_at) - set(busy)
        return close({one: jobs[one] for one in done})


def _entry(call: Call, seen: suggestions.Seen) -> Entry:
    metadata, judged = texts_of(call.metadata), call.judged
    seen.note(
        call.organization_id,
        call.created_at,
        ended_reason=[call.ended_reason],
        version=[call.version],
        metadata_key=metadata,
        tag=shown_tags_in(judged),
        judge=[judge for judge, _ in judged_in(judged)],
    )
    return entry_of(call, metadata)


def _is_ours() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        return bool(cursor.fetchone()[0])


# Locked, so that an erasure waits and then takes the entry along; never waiting, since
# whoever stores calls locks several in an order of its own.
_READ = """
    SELECT call.id, call.organization_id, call.agent_id, call.provider,
        call.external_id, call.customer_name, call.customer_number, call.ended_reason,
        call.version, call.outcome, call.has_transcript, call.has_audio, call.is_test,
        call.created_at, call.metadata::text, transcript.system_prompt, transcript.turns::text
    FROM conversations_conversation AS call
    LEFT JOIN conversations_transcript AS transcript
        ON transcript.conversation_id = call.id
    WHERE call.id = ANY(%s)
    FOR KEY SHARE OF call SKIP LOCKED
"""


_LARGE = """
    SELECT conversation_id FROM conversations_transcript
    WHERE conversation_id = ANY(%s) AND pg_column_size(turns) > %s
"""


def _portions(conversations: list[UUID], with_large: bool) -> Iterator[list[UUID]]:
    """Yield the conversations in their order, as many as are read together."""
    with connection.cursor() as cursor:
        cursor.execute(_LARGE, [conversations, MAX_READ_TOGETHER])
        large = {one for (one,) in cursor.fetchall()}
    portion: list[UUID] = []
    for one in conversations:
        if one in large:
            if with_large:
                yield [one]
            continue
        portion.append(one)
        if len(portion) == READ_AT_ONCE:
            yield portion
            portion = []
    if portion:
        yield portion


def _read(wanted: list[UUID]) -> Iterator[Call]:
    with connection.cursor() as cursor:
        cursor.execute(_READ, [wanted])
        yield from map(Call._make, cursor.fetchall())


_WRITE = """
    INSERT INTO conversations_searchentry AS entry
        (conversation_id, words, version, said_limit, tools_limit)
    SELECT id, array_to_tsvector(string_to_array(words, ' ')), %s, said, tools
    FROM unnest(%s::uuid[], %s::text[], %s::int[], %s::int[])
        AS made (id, words, said, tools)
    ON CONFLICT (conversation_id) DO UPDATE SET words = excluded.words,
        version = excluded.version, said_limit = excluded.said_limit,
        tools_limit = excluded.tools_limit
    WHERE (entry.words, entry.version, entry.said_limit, entry.tools_limit)
        IS DISTINCT FROM (excluded.words, excluded.version, excluded.said_limit,
            excluded.tools_limit)
"""


def _write(entries: Mapping[UUID, Entry]) -> None:
    made = entries.values()
    columns: list[list[Any]] = [
        list(entries),
        [entry.words for entry in made],
        [entry.limits.said for entry in made],
        [entry.limits.tools for entry in made],
    ]
    # Bound by the server: what callers said is in no statement that could be logged.
    with server_binding_cursor() as cursor:
        cursor.execute(_WRITE, [SearchEntry.VERSION, *columns])


def texts_of(metadata: str) -> dict[str, str]:
    """Values of metadata as Postgres gives them as text: numbers to the digit."""
    texts: dict[str, str] = {}
    loaded = json.loads(metadata, parse_int=str, parse_float=str)
    for key, value in loaded.items() if isinstance(loaded, dict) else ():
        if isinstance(value, bool):
            texts[key] = "true" if value else "false"
        elif isinstance(value, str):
            texts[key] = value
    return texts


def entry_of(call: Call, metadata: Mapping[str, str]) -> Entry:
    """Return all that a conversation is found by; the facts first: they are never cut."""
    tag = lexemes.tag_of(call.organization_id)
    turns = json.loads(call.turns) if call.turns else None
    spoken = searched_text.said(turns or [], call.system_prompt or "").words()
    reference = lexemes.reference_words(
        call.external_id, call.customer_name, call.customer_number
    )
    found = chain(
        call.facts(metadata),
        (lexemes.REFERENCE + word for word in reference),
        (lexemes.SAID + word for word in spoken.words),
    )
    return Entry(lexemes.in_bounds(tag + f" {tag}".join(found)), spoken.limits)
