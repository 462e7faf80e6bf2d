"""A conversation's transcript to take along: as text, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, tzinfo

from conversations.detail.opening import numbers_of
from conversations.detail.transcript_entries import AnyEntry, Marker, Speech
from conversations.detail.transcript_parts import parts_of
from conversations.detail.transcript_reader import TranscriptView
from conversations.formatting import clock
from conversations.models import Conversation, Transcript
from conversations.stored_turns import SpokenTexts, spoken_texts, turns_as_json
from web.iso_time import iso_microseconds


def as_plain_text(
    conversation: Conversation, view: TranscriptView, zone: tzinfo
) -> Iterator[str]:
    """Yield two lines on the call, then those of each turn, `[0:04] User: Hello`: whole,
    and read as many at a time as a page shows."""
    yield from _heading(conversation, zone)
    yield ""
    for entries in parts_of(view):
        said = {
            one.number: one
            for one in spoken_texts(conversation.id, numbers_of(entries))
        }
        for entry in entries:
            if entry.silence:
                yield f"({entry.silence:.0f} s of silence)"
            yield from _lines(entry, said)
    if not view.entries:
        yield "(No turns.)"


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


def _lines(entry: AnyEntry, said: Mapping[int, SpokenTexts]) -> Iterator[str]:
    start = f"[{clock(entry.at)}] " if entry.at is not None else ""
    spoken = said[entry.number]
    if isinstance(entry, Speech):
        cut = " (interrupted)" if entry.interrupted else ""
        yield f"{start}{entry.speaker or 'Turn'}: {spoken.content.strip() or '…'}{cut}"
    elif isinstance(entry, Marker):
        yield f"{start}({entry.line_of(spoken.content)})"
    else:
        yield f"{start}Tool: {spoken.tool_name or 'tool'}({spoken.arguments})"
        if entry.result_number is not None:
            word = "Error" if entry.is_error else "Result"
            yield f"    {word}: {said[entry.result_number].content}"


def as_document(
    conversation: Conversation, transcript: Transcript | None, *, was_sent: bool
) -> Iterator[str]:
    """Yield the transcript as the JSON of a file, in pieces; its turns are as they were
    sent, one to a line."""
    system_prompt = transcript.system_prompt if transcript else ""
    facts = {
        "conversationId": str(conversation.id),
        "referenceId": conversation.external_id,
        "systemPrompt": system_prompt or None,
        "durationSeconds": conversation.duration_seconds,
        "createdAt": iso_microseconds(conversation.created_at),
    }
    yield as_json(facts).removesuffix("\n}")
    yield ',\n  "content": '
    if was_sent:
        yield "["
        for number, turn in enumerate(turns_as_json(conversation.id)):
            yield f"{',' if number else ''}\n    {turn}"
        yield "\n  ]\n}\n"
    else:
        yield "null\n}\n"


def as_json(value: object) -> str:
    """Return a value as JSON that is laid out to be read."""
    return json.dumps(value, ensure_ascii=False, indent=2)
