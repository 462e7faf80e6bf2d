"""Which recordings are to be transcribed: what was uploaded without turns, and what a
person asked for."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from conversations.models import Conversation, Recording, Transcript, Transcription
from conversations.recordings.files import sha256_of


def has_sent_turns(conversation_id: UUID) -> bool:
    """Return whether a sender sent turns: transcribed ones would not show."""
    transcripts = Transcript.objects.filter(pk=conversation_id, is_heard=False)
    turns = transcripts.values_list("turns", flat=True).first()
    return bool(turns)


@transaction.atomic
def enqueue_transcription(conversation: Conversation) -> bool:
    """Make the job of the audio that is kept now; False where there is none,
    or where turns were sent. Locks the conversation first, as whoever stores audio does.

    What is being done already goes on; what was done of another recording, or failed,
    begins anew.
    """
    if Conversation.objects.lock(conversation.pk) is None:
        return False
    recordings = Recording.objects.select_for_update().stored()
    recording = recordings.filter(conversation=conversation).first()
    if recording is None or has_sent_turns(conversation.pk):
        return False
    job, is_new = Transcription.objects.select_for_update().get_or_create(
        conversation=conversation, defaults={"file": recording.file}
    )
    is_same = sha256_of(job.file) == sha256_of(recording.file)
    if not is_new and not (is_same and job.state != Transcription.State.FAILED):
        Transcription.objects.filter(pk=job.pk).update(
            **Transcription.afresh(), file=recording.file, progress=0
        )
    return True
