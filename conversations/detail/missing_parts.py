"""What of a conversation never came, or was left out: for the top of its page.

Conversations do not know the delivery log, so the app that keeps it registers functions
here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from conversations.models import Conversation


@dataclass(frozen=True, slots=True)
class MissingPart:
    """A part that is not there.

    name: what is missing, as `No audio`. text: why, which goes on from the name. at: the
    moment that the text ends with. reason: as the log or the worker has it.
    then: what follows from it, a sentence. delivery: the one that tells more.
    is_fault: something went wrong, and was not only left out on purpose.
    """

    name: str
    text: str
    at: datetime | None = None
    reason: str = ""
    then: str = ""
    delivery: UUID | None = None
    is_fault: bool = True


Source = Callable[[Conversation, bool], Sequence[MissingPart]]
_sources: list[Source] = []


def provide_missing_parts(source: Source) -> None:
    """Register a function that knows of some; called when the app of the log is loaded.
    It is given the conversation, and whether any audio was named.
    """
    if source not in _sources:
        _sources.append(source)


def missing_parts(
    conversation: Conversation, *, has_recording: bool
) -> Sequence[MissingPart]:
    """Return what of a conversation is known to be missing.

    has_recording: whether any audio was named, fetched or not.
    """
    return [part for source in _sources for part in source(conversation, has_recording)]
