"""Where finished transcriptions go. Conversations know no log, so whoever keeps it says
here how to append to it."""

from __future__ import annotations

from collections.abc import Callable

from conversations.models import Conversation
from conversations.transcription.results import TranscriptionResult

# Runs inside the caller's transaction, which holds the conversation.
Append = Callable[[Conversation, TranscriptionResult], None]
_takers: list[Append] = []


def hand_over_to(append: Append) -> None:
    """Set where results go; called once, when the keeper of the log is loaded."""
    _takers[:] = [append]


def hand_over(conversation: Conversation, transcript: TranscriptionResult) -> None:
    """Append a result, within the caller's transaction."""
    (append,) = _takers
    append(conversation, transcript)
