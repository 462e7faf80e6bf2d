"""Making conversations findable: after them, in batches, by one worker at a time.

Whatever changes a conversation leaves a job, by a trigger and in its own transaction.
The latest jobs go first, so that a call can be found a moment after it ended while a
long backlog, as after an upgrade, is worked off behind it. One that fails is tried
again later, alone, a few times; its row stays and tells why.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import chain, islice
from typing import NamedTuple
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Case, F, Value, When
from django.db.models.functions import Now

from conversations import worker_stop
from conversations.models import Conversation, SearchJob
from conversations.models.search import SearchJobQuerySet
from conversations.search import lexemes, suggestions
from conversations.search.tokenizer import words_in
from web.database_errors import is_away
from web.db_cursor import server_binding_cursor

logger = logging.getLogger(__name__)

# The jobs of each conversation: every change leaves one.
Jobs = dict[UUID, list[int]]

BATCH = 200
# Turns may be megabytes each; so many of them are in memory at once.
READ_AT_ONCE = 10
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
    has_transcript: bool
    has_audio: bool
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
        yield lexemes.transcript_fact(self.has_transcript)
        yield lexemes.audio_fact(self.has_audio)
        for key, value in islice(metadata.items(), lexemes.MAX_METADATA_LEXEMES):
            yield lexemes.metadata_fact(key, value)


def index_batch(limit: int = BATCH) -> int:
    """Works off the latest jobs; how many. None where another worker is at it.

    One that fails does so alone: it keeps its row and comes back later, by itself.
    """
    jobs = _read_jobs(SearchJob.objects.fresh()[:limit])
    try:
        worked_off = _index(jobs)
    except Exception as error:
        if is_away(error):
            raise
        # One conversation is at fault: each on its own.
        logger.exception("A batch could not be indexed; going one by one")
        worked_off = _one_by_one(jobs)
    retried = _read_jobs(SearchJob.objects.to_retry()[:RETRIED_AT_ONCE])
    return worked_off + _one_by_one(retried)


def _read_jobs(jobs: SearchJobQuerySet) -> Jobs:
    found: Jobs = {}
    for job, conversation in jobs.values_list("id", "conversation_id"):
        found.setdefault(conversation, []).append(job)
    return found


def _one_by_one(jobs: Jobs) -> int:
    return sum(
        _index_alone(one, numbers)
        for one, numbers in jobs.items()
        if not worker_stop.is_requested()
    )


def _index_alone(conversation: UUID, jobs: list[int]) -> int:
    try:
        return _index({conversation: jobs})
    except Exception as error:
        if is_away(error):
            raise
        _record_failure(conversation, jobs, error)
        return len(jobs)


def _record_failure(conversation: UUID, jobs: list[int], error: Exception) -> None:
    """Keep one job of the conversation, the newest, with its tries and the error."""
    logger.error("Conversation %s cannot be indexed", conversation, exc_info=error)
    newest, now = max(jobs), Now()
    waits = (
        When(attempts=tried, then=now + Value(timedelta(seconds=wait)))
        for tried, wait in enumerate(SearchJob.WAITS)
    )
    with transaction.atomic():
        kept = SearchJob.objects.filter(id=newest).update(
            attempts=F("attempts") + 1,
            next_try_at=Case(*waits, default=None),
            last_error=type(error).__name__,
        )
        if kept:
            failed = SearchJob.objects.filter(conversation_id=conversation)
            failed.filter(attempts__gt=0, id__lt=newest).delete()
            SearchJob.objects.filter(id__in=jobs, id__lt=newest).delete()


def _index(jobs: Jobs) -> int:
    """Indexes these conversations in one transaction; how many of their jobs that
    worked off. A job that is done meanwhile is only done once more."""
    if not jobs:
        return 0
    with transaction.atomic():
        if not _is_ours():
            return 0
        entries: dict[UUID, str] = {}
        seen = suggestions.Seen()
        for call in _read(set(jobs)):
            metadata = texts_of(call.metadata)
            entries[call.id] = lexemes_of(call, metadata)
            seen.note(
                call.organization_id,
                call.created_at,
                ended_reason=[call.ended_reason],
                version=[call.version],
                metadata_key=metadata,
            )
        _write(entries)
        seen.write()
        # What somebody else writes just now is not read; it comes again.
        busy = set(
            Conversation.objects.filter(
                id__in=jobs.keys() - entries.keys()
            ).values_list("id", flat=True)
        )
        return _close({one: jobs[one] for one in jobs.keys() - busy})


def _close(jobs: Jobs) -> int:
    """Delete these, and those of the same conversations that failed before: they were
    there when the conversations were read."""
    numbers = [number for numbers in jobs.values() for number in numbers]
    if numbers:
        failed = SearchJob.objects.filter(attempts__gt=0, conversation_id__in=jobs)
        failed.filter(id__lt=max(numbers)).delete()
    return SearchJob.objects.filter(id__in=numbers).delete()[0]


def _is_ours() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        return bool(cursor.fetchone()[0])


# Locked, so that an erasure waits and then takes the entry along; never waiting, since
# whoever stores calls locks several in an order of its own.
_READ = """
    SELECT call.id, call.organization_id, call.agent_id, call.provider,
        call.external_id, call.customer_name, call.customer_number, call.ended_reason,
        call.version, call.has_transcript, call.has_audio, call.created_at,
        call.metadata::text, transcript.system_prompt, transcript.turns::text
    FROM conversations_conversation AS call
    LEFT JOIN conversations_transcript AS transcript
        ON transcript.conversation_id = call.id
    WHERE call.id = ANY(%s)
    FOR KEY SHARE OF call SKIP LOCKED
"""


def _read(wanted: set[UUID]) -> Iterator[Call]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(_READ, [list(wanted)])
        while rows := cursor.fetchmany(READ_AT_ONCE):
            yield from map(Call._make, rows)


_WRITE = """
    INSERT INTO conversations_searchentry AS entry (conversation_id, words)
    SELECT id, array_to_tsvector(string_to_array(words, ' '))
    FROM unnest(%s::uuid[], %s::text[]) AS made (id, words)
    ON CONFLICT (conversation_id) DO UPDATE SET words = excluded.words
    WHERE entry.words <> excluded.words
"""


def _write(entries: Mapping[UUID, str]) -> None:
    # Bound by the server: what callers said is in no statement that could be logged.
    with server_binding_cursor() as cursor:
        cursor.execute(_WRITE, [list(entries), list(entries.values())])


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


def lexemes_of(call: Call, metadata: Mapping[str, str]) -> str:
    """All of a conversation's, joined by spaces; the facts first: they are never cut."""
    turns = json.loads(call.turns) if call.turns else None
    text = lexemes.said(turns or [], call.system_prompt or "")
    reference = lexemes.reference_words(
        call.external_id, call.customer_name, call.customer_number
    )
    tag = lexemes.tag_of(call.organization_id)
    found = chain(
        call.facts(metadata),
        (lexemes.REFERENCE + word for word in reference),
        (lexemes.SAID + word for word in words_in(text)),
    )
    return lexemes.in_bounds(tag + f" {tag}".join(found))
