"""The status of making turns from a conversation's audio, as its page says it."""

from __future__ import annotations

from dataclasses import dataclass

from conversations.models import Recording, Transcript, Transcription
from conversations.recordings.files import sha256_of
from conversations.transcription.engine import engine

State = Transcription.State


@dataclass(frozen=True, slots=True)
class TranscriptionStatus:
    """How far the transcription of a recording is.

    state: of the job; empty where there is none, `outdated` where it was done of a
        recording that another one has replaced.
    lacks: why nothing is transcribed here, and what to do about it.
    is_of_use: whether turns would show, since none were sent.
    """

    job: Transcription | None
    state: str
    lacks: str
    is_of_use: bool


def transcription_status(
    recording: Recording, job: Transcription | None, transcript: Transcript | None
) -> TranscriptionStatus | None:
    """Return the status of a recording's job; None where there is no audio."""
    if not recording.file:
        return None
    state = job.state if job else ""
    audio = sha256_of(recording.file)
    if job and state == State.DONE and sha256_of(job.file) != audio:
        state = "outdated"
    has_turns = recording.conversation.has_transcript
    were_sent = has_turns and transcript is not None and not transcript.is_heard
    return TranscriptionStatus(job, state, engine().missing(), is_of_use=not were_sent)
