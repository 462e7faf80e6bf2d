"""Between a call's state and its rows: reading where the fold continues, and writing
what it results in.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping
from typing import TypeVar
from uuid import UUID

from django.db import connection

from conversations import bulk_write
from conversations.models import Conversation, Transcript
from conversations.projection.fold import CallState
from conversations.projection.logged_update import CallKey, TooLarge
from conversations.verdicts import verdict_in

Key = TypeVar("Key", bound=Hashable)

CONVERSATION_FIELDS = (
    "agent",
    "started_at",
    "ended_at",
    "ended_reason",
    "cost",
    "customer_number",
    "customer_name",
    "version",
    "outcome",
    "metadata",
    "recording_url",
    "sent_duration_seconds",
    "duration_seconds",
    "turn_count",
    "has_transcript",
    "is_test",
    "applied_through",
    "created_at",
    "updated_at",
)
TRANSCRIPT_FIELDS = ("system_prompt", "prompt_is_explicit", "turns", "is_heard")


def load_states(
    conversations: Mapping[Key, Conversation],
) -> dict[Key, CallState]:
    """Return the states of locked conversations; a new one's is empty."""
    known = [row.id for row in conversations.values() if row.applied_through]
    transcripts = Transcript.objects.in_bulk(known) if known else {}
    return {
        key: _state(row, transcripts[row.id]) if row.applied_through else CallState()
        for key, row in conversations.items()
    }


def require_small_transcripts(
    conversations: Mapping[CallKey, Conversation], max_bytes: int
) -> None:
    """Raise where a transcript takes more than `max_bytes` in the database; there it is
    compressed, and its size is known without reading it.

    Raises:
        TooLarge: names the calls.
    """
    by_id = {row.id: key for key, row in conversations.items() if row.applied_through}
    if not by_id:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT conversation_id FROM conversations_transcript"
            " WHERE conversation_id = ANY(%s) AND pg_column_size(turns) > %s",
            [list(by_id), max_bytes],
        )
        large = [by_id[pk] for (pk,) in cursor.fetchall()]
    if large:
        raise TooLarge(large)


def _state(row: Conversation, transcript: Transcript) -> CallState:
    return CallState(
        started_at=row.started_at,
        ended_at=row.ended_at,
        sent_duration=row.sent_duration_seconds,
        ended_reason=row.ended_reason or None,
        cost=row.cost,
        recording_url=row.recording_url or None,
        customer_number=row.customer_number or None,
        customer_name=row.customer_name or None,
        version=row.version or None,
        metadata=row.metadata,
        system_prompt=transcript.system_prompt or None,
        prompt_is_explicit=transcript.prompt_is_explicit,
        turns=transcript.turns,
        turns_are_transcribed=transcript.is_heard,
    )


def reported_facts(row: Conversation) -> tuple[object, ...]:
    """Return what other programs see of a conversation, but when it was updated.

    Two results are equal where nothing changed. Numbers of the metadata are as Postgres
    returns them: 1e300 comes as a whole number.
    """
    apart = {"agent", "applied_through", "metadata", "updated_at"}
    values = (getattr(row, name) for name in CONVERSATION_FIELDS if name not in apart)
    return (
        row.agent_id,
        *values,
        json.loads(json.dumps(row.metadata), parse_int=float),
    )


def fill(row: Conversation, state: CallState) -> Transcript:
    """Write a state into a conversation, unsaved, and return the transcript that goes
    with it.
    """
    row.started_at = state.started_at
    row.ended_at = state.ended_at
    row.sent_duration_seconds = state.sent_duration
    row.duration_seconds = row.duration_from_facts()
    row.ended_reason = state.ended_reason or ""
    row.cost = state.cost
    row.recording_url = state.recording_url or ""
    row.customer_number = state.customer_number or ""
    row.customer_name = state.customer_name or ""
    row.version = state.version or ""
    row.metadata = state.metadata
    row.outcome = verdict_in(state.metadata).result
    row.turn_count = len(state.turns or ())
    row.has_transcript = state.has_transcript
    row.is_test = state.metadata.get("zeltoTest") is True
    return Transcript(
        conversation=row,
        system_prompt=state.system_prompt or "",
        prompt_is_explicit=state.prompt_is_explicit,
        turns=state.turns,
        is_heard=state.turns_are_transcribed,
    )


def insert(rows: list[Conversation]) -> set[UUID]:
    """Insert conversations in their order; return the ids of those whose calls had
    none.
    """
    return bulk_write.insert_missing(
        rows, unique=["organization_id", "provider", "external_id"]
    )


def save(rows: list[Conversation]) -> None:
    """Update conversations that exist, and are locked."""
    bulk_write.insert_or_update(rows, fields=CONVERSATION_FIELDS)


def save_transcripts(transcripts: list[Transcript]) -> None:
    """Insert or update transcripts."""
    bulk_write.insert_or_update(transcripts, fields=TRANSCRIPT_FIELDS)
