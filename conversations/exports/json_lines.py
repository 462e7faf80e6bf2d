"""Conversations as JSON, one to a line, each as `/v1` answers it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from uuid import UUID

from django.db.models import F, TextField
from django.db.models.functions import Cast

from conversations.exports.csv_file import moment
from conversations.models import Conversation, Transcript
from conversations.recordings.links import recording_url

# Transcripts that are in memory at once: so many, or fewer long ones.
TOGETHER = 20
TURNS_TOGETHER = 1_000
Kept = tuple[str, str | None]


class JsonLines:
    def __init__(self, *, with_transcripts: bool) -> None:
        self.with_transcripts = with_transcripts

    def head(self) -> bytes:
        return b""

    def lines(self, rows: Sequence[Conversation]) -> Iterable[bytes]:
        told = {row.id: as_object(row) for row in rows}
        if not self.with_transcripts:
            yield "".join(f"{as_json(told[row.id])}\n" for row in rows).encode()
            return
        for group in groups(rows):
            kept = read_transcripts(group)
            lines = (_line(row, told[row.id], kept.get(row.id)) for row in group)
            yield "".join(lines).encode()

    def broken_off(self, reason: str) -> bytes:
        return f"{as_json({'error': f'This file is incomplete: {reason}'})}\n".encode()


def as_object(row: Conversation) -> dict[str, Any]:
    """As the API gives it back; a test compares the two."""
    recording = row.told_recording
    return {
        "id": str(row.id),
        "agentId": str(row.agent_id),
        "name": row.name,
        "source": row.provider,
        "referenceId": row.external_id,
        "startedAt": moment(row.started_at) or None,
        "endedAt": moment(row.ended_at) or None,
        "durationSeconds": row.duration_seconds,
        "endedReason": row.ended_reason or None,
        "cost": None if row.cost is None else str(row.cost),
        "customer": {
            "number": row.customer_number or None,
            "name": row.customer_name or None,
        },
        "version": row.version or None,
        "metadata": row.metadata,
        "hasTranscript": row.has_transcript,
        "hasAudio": row.has_audio,
        "recording": {
            "state": recording.public_state if recording else "none",
            "error": (recording.last_error or None) if recording else None,
            "sourceUrl": row.recording_url or None,
        },
        "createdAt": moment(row.created_at),
        "updatedAt": moment(row.updated_at),
    }


def _line(row: Conversation, told: dict[str, Any], kept: Kept | None) -> str:
    system_prompt, turns = kept or ("", None)
    transcript = {
        "conversationId": str(row.id),
        "systemPrompt": system_prompt or None,
        "durationSeconds": row.duration_seconds,
        "recordingUrl": recording_url(row) if row.has_audio else None,
        "createdAt": moment(row.created_at),
    }
    # The turns are JSON already: made into objects they would take ten times the
    # memory.
    return (
        f'{as_json(told)[:-1]}, "transcript": '
        f'{as_json(transcript)[:-1]}, "content": {turns or "null"}}}}}\n'
    )


def groups(rows: Sequence[Conversation]) -> Iterator[list[Conversation]]:
    group: list[Conversation] = []
    turns = 0
    for row in rows:
        turns += row.turn_count
        if group and (len(group) == TOGETHER or turns > TURNS_TOGETHER):
            yield group
            group, turns = [], row.turn_count
        group.append(row)
    if group:
        yield group


def read_transcripts(rows: Sequence[Conversation]) -> dict[UUID, Kept]:
    """Their prompts, and their turns as JSON."""
    found = (
        Transcript.objects.filter(conversation__in=[row.id for row in rows])
        .annotate(as_sent=Cast(F("turns"), TextField()))
        .values_list("conversation_id", "system_prompt", "as_sent")
    )
    return {row_id: (prompt, turns) for row_id, prompt, turns in found}


def as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
