"""A conversation as its page reads it: what there is of it, as of one moment, and never
more of its turns than the page shows."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from uuid import UUID

from django.db.models import BooleanField, ExpressionWrapper, F, Q
from django.shortcuts import get_object_or_404

from accounts.models import Organization
from conversations.detail.player import RecordingPanel, recording_panel
from conversations.detail.transcript_entries import AnyEntry, ToolUse, Turn
from conversations.detail.transcript_reader import (
    TranscriptView,
    give_back,
    read_transcript,
)
from conversations.models import Conversation, Transcript
from conversations.search.searched_text import TurnLimits
from conversations.stored_turns import stored_turns
from web.snapshot import one_snapshot

HAS_TURNS = ExpressionWrapper(
    Q(transcript__turns__isnull=False), output_field=BooleanField()
)
LIMITS = {
    "said_limit": F("search_entry__said_limit"),
    "tools_limit": F("search_entry__tools_limit"),
}


@dataclass(frozen=True, slots=True)
class OpenConversation:
    """was_sent: whether there are turns, be it none of them. searched: how much of long
    ones the search looks at.
    """

    conversation: Conversation
    transcript: Transcript | None
    was_sent: bool
    view: TranscriptView
    searched: TurnLimits


def find(organization: Organization, conversation_id: UUID) -> Conversation:
    """Return a conversation with its agent.

    Raises:
        Http404: the organization has no such conversation.
    """
    in_organization = Conversation.objects.in_organization(organization)
    return get_object_or_404(
        in_organization.select_related("agent"), pk=conversation_id
    )


def open_conversation(
    organization: Organization, conversation_id: UUID
) -> OpenConversation:
    """Return a conversation with its turns, read within a snapshot of the caller's.

    Raises:
        Http404: the organization has no such conversation.
    """
    found = Conversation.objects.in_organization(organization)
    rows = found.select_related("agent", "transcript", "recording")
    conversation = get_object_or_404(
        rows.defer("transcript__turns").annotate(was_sent=HAS_TURNS, **LIMITS),
        pk=conversation_id,
    )
    # A conversation whose transcript has not come yet has no such row.
    transcript: Transcript | None = getattr(conversation, "transcript", None)
    was_sent = bool(conversation.was_sent)  # type: ignore[attr-defined]
    recording = conversation.recording_or_none
    with closing(stored_turns(conversation_id)) as stored:
        turns: Iterable[Turn] = stored if was_sent else ()
        view = read_transcript(
            turns,
            started_at=conversation.started_at,
            system_prompt=transcript.system_prompt if transcript else "",
            with_times=recording is not None and bool(recording.file),
        )
    searched = TurnLimits(
        conversation.said_limit,  # type: ignore[attr-defined]
        conversation.tools_limit,  # type: ignore[attr-defined]
    )
    return OpenConversation(conversation, transcript, was_sent, view, searched)


def open_with_audio(
    organization: Organization, conversation_id: UUID, *, start_at: float = 0.0
) -> tuple[OpenConversation, RecordingPanel]:
    """Return both as they were at one moment.

    Raises:
        Http404: the organization has no such conversation.
    """
    with one_snapshot():
        opened = open_conversation(organization, conversation_id)
        panel = recording_panel(
            opened.conversation,
            opened.transcript,
            opened.view.times,
            start_at=start_at,
        )
        return opened, panel


def read_again(
    conversation: Conversation, view: TranscriptView, entries: Iterable[AnyEntry]
) -> None:
    """Give entries that are shown their turns, where there were too many to keep."""
    if not view.is_light:
        return
    shown = list(entries)
    with closing(stored_turns(conversation.id, numbers=numbers_of(shown))) as turns:
        give_back(shown, {turn.number: turn for turn in turns})


def numbers_of(entries: Iterable[AnyEntry]) -> list[int]:
    """Return the numbers of all turns of these entries, results among them."""
    numbers = []
    for entry in entries:
        numbers.append(entry.number)
        if isinstance(entry, ToolUse) and entry.result_number is not None:
            numbers.append(entry.result_number)
    return numbers
