"""A conversation's transcript to take along: as text, and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, tzinfo
from typing import Any

from conversations.detail.transcript_entries import AnyEntry, Marker, Speech
from conversations.detail.transcript_reader import TranscriptView
from conversations.formatting import clock
from conversations.models import Conversation, Transcript
from conversations.turn_values import as_text
from web.iso_time import iso_microseconds


def as_plain_text(
    conversation: Conversation, view: TranscriptView, zone: tzinfo
) -> str:
    """Return two lines on the call, then a line for each turn,
    `[0:04] User: Hello`."""
    lines = [*_heading(conversation, zone), ""]
    for entry in view.entries:
        if entry.silence:
            lines.append(f"({entry.silence:.0f} s of silence)")
        lines += _lines(entry)
    if not view.entries:
        lines.append("(No turns.)")
    return "\n".join(lines) + "\n"


def _heading(conversation: Conversation, zone: tzinfo) -> Iterator[str]:
    name = conversation.name
    agent = conversation.agent.display_name
    reference = conversation.external_id
    yield " · ".join([reference, *([name] if name != reference else []), agent])
    facts = [_moment(conversation.started_at or conversation.created_at, zone)]
    if conversation.duration_seconds is not None:
        facts.append(clock(conversation.duration_seconds))
    if conversation.ended_reason:
        facts.append(conversation.ended_reason)
    yield " · ".join(facts)


def _moment(value: datetime, zone: tzinfo) -> str:
    local = value.astimezone(zone)
    return f"{local:%Y-%m-%d %H:%M:%S} {local:%Z}"


def _lines(entry: AnyEntry) -> Iterator[str]:
    start = f"[{clock(entry.at)}] " if entry.at is not None else ""
    if isinstance(entry, Speech):
        cut = " (interrupted)" if entry.interrupted else ""
        yield f"{start}{entry.speaker or 'Turn'}: {entry.text.strip() or '…'}{cut}"
    elif isinstance(entry, Marker):
        yield f"{start}({entry.line})"
    else:
        yield f"{start}Tool: {entry.name}({as_text(entry.turn.get('arguments'))})"
        if entry.answer is not None:
            word = "Error" if entry.is_error else "Result"
            yield f"    {word}: {as_text(entry.answer.get('content'))}"


def as_document(
    conversation: Conversation, transcript: Transcript | None
) -> dict[str, Any]:
    """Return the transcript as the JSON of a file; its turns are as they were sent."""
    return {
        "conversationId": str(conversation.id),
        "referenceId": conversation.external_id,
        "systemPrompt": (transcript.system_prompt or None) if transcript else None,
        "durationSeconds": conversation.duration_seconds,
        "content": transcript.turns if transcript else None,
        "createdAt": iso_microseconds(conversation.created_at),
    }
