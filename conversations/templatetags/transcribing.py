"""What a page says of the turns that Zelto makes from a conversation's audio."""

from __future__ import annotations

from dataclasses import dataclass

from django.template import Library

from conversations.models import Conversation, Recording, Transcription
from conversations.transcription.engine import engine
from conversations.transcription.wanting import has_sent_turns

register = Library()
State = Transcription.State


@dataclass(frozen=True, slots=True)
class Standing:
    """state: of the job; empty where there is none, `outdated` where it was done of a
    recording that another one has replaced.
    lacks: why nothing is transcribed here, and what to do about it.
    is_of_use: whether turns would show, since none were sent.
    """

    job: Transcription | None
    state: str
    lacks: str
    is_of_use: bool

    @property
    def tries(self) -> int:
        return self.job.attempts if self.job and self.job.last_error else 0


@register.simple_tag
def transcription_of(conversation: Conversation) -> Standing | None:
    """None where there is no audio."""
    stored = Recording.objects.stored().filter(conversation=conversation)
    file = stored.values_list("file", flat=True).first()
    if file is None:
        return None
    job = Transcription.objects.filter(conversation=conversation).first()
    state = job.state if job else ""
    if job and state == State.DONE and job.file != file:
        state = "outdated"
    return Standing(
        job=job,
        state=state,
        lacks=engine().missing(),
        is_of_use=not has_sent_turns(conversation.pk),
    )


@register.filter
def as_percent(part: float) -> str:
    """Of 1."""
    return f"{int(part * 100)} %"
