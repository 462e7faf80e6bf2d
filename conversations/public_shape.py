"""A conversation as programs get it, from `/v1` and in JSON lines alike.

`docs/api.md` says what the keys mean. Values are those of Python: ids, decimals and
aware moments, which whoever writes JSON turns into text with `as_json_value`.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.urls import reverse

from accounts.links import absolute_url
from conversations.models import Conversation
from conversations.verdicts import verdict_in
from web.iso_time import iso_microseconds


def conversation_shape(row: Conversation) -> dict[str, Any]:
    """Return all of a conversation but its transcript.

    row: read `with_recording`.
    """
    recording = row.recording_or_none
    return {
        "id": row.id,
        "agentId": row.agent_id,
        "name": row.name,
        "source": row.provider,
        "referenceId": row.external_id,
        "startedAt": row.started_at,
        "endedAt": row.ended_at,
        "durationSeconds": row.duration_seconds,
        "endedReason": row.ended_reason or None,
        "cost": row.cost,
        "customer": {
            "number": row.customer_number or None,
            "name": row.customer_name or None,
        },
        "version": row.version or None,
        **judged_shape(row),
        "isTest": row.is_test,
        "metadata": row.metadata,
        "hasTranscript": row.has_transcript,
        "hasAudio": row.has_audio,
        "recording": {
            "state": recording.public_state if recording else "none",
            "error": (recording.last_error or None) if recording else None,
            "sourceUrl": row.recording_url or None,
        },
        "createdAt": row.created_at,
        "updatedAt": row.updated_at,
    }


def judged_shape(row: Conversation) -> dict[str, Any]:
    """Return what was judged of a conversation: outcome, evaluations, tags."""
    verdict = verdict_in(row.metadata)
    return {
        "outcome": {
            "result": verdict.result or None,
            "reason": verdict.reason or None,
        },
        "evaluations": [
            {
                "name": one.name,
                "verdict": one.verdict or None,
                "reason": one.reason or None,
            }
            for one in verdict.evaluations
        ],
        "tags": verdict.tags,
    }


def recording_url(conversation: Conversation) -> str:
    """Return the address of a conversation's audio in the API."""
    return absolute_url(reverse("api:recording", args=[conversation.pk]))


def transcript_shape(row: Conversation, system_prompt: str) -> dict[str, Any]:
    """Return all of a transcript but `content`, its turns, which not everybody reads
    into objects.

    system_prompt: empty where there is none.
    """
    return {
        "conversationId": row.id,
        "systemPrompt": system_prompt or None,
        "durationSeconds": row.duration_seconds,
        "recordingUrl": recording_url(row) if row.has_audio else None,
        "createdAt": row.created_at,
    }


def as_json_value(value: object) -> str:
    """Return what JSON has in the place of a value, as `json.JSONEncoder` asks for it.

    Raises:
        TypeError: it is neither an id, a decimal nor an aware moment.
    """
    if isinstance(value, datetime):
        return iso_microseconds(value)
    if isinstance(value, UUID | Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no place in JSON.")
