"""How audio in a local file becomes the recording of a conversation."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.files import File
from django.db import transaction
from django.db.models.functions import Now

from conversations.models import Conversation, Recording, UnusedFile
from conversations.recordings import files
from conversations.recordings.probe import Audio

logger = logging.getLogger(__name__)


def store_audio(
    *, conversation: Conversation, path: Path, audio: Audio, claim: UUID | None
) -> bool:
    """Write the file, compare what the storage has with it, then name it. False: the
    conversation is gone, or the claim is no longer the worker's, and nothing is kept.

    claim: of the worker that fetched it; None where somebody uploaded it, which
    wins over whatever is being fetched.

    Raises:
        NotKept: the storage has something else than it was given.
        TimeoutError: writing took over an hour.
        Exception: whatever the storage raises.
    """
    name = files.name_of(conversation, audio.sha256, audio.extension)
    write_new(name, path, audio.sha256)
    with transaction.atomic(durable=True):
        if _name_it(conversation, name, audio, claim):
            return True
    files.delete_new(name)
    return False


def write_new(name: str, path: Path, sha256: str) -> None:
    """Write a file that no recording names yet, and see that the storage has it.

    sha256: of the file at `path`, in hexadecimal digits.

    Raises:
        NotKept: the storage has something else than it was given.
        Exception: whatever the storage raises.
    """
    files.note_before_writing(name)
    with path.open("rb") as source:
        files.recordings_storage().save(name, File(source))
    try:
        files.verify_stored(name, path, sha256)
    except files.NotKept as error:
        logger.error("%s was not kept as it is: %s", name, error)
        UnusedFile.objects.filter(name=name).update(delete_after=Now())
        raise


def _name_it(
    conversation: Conversation, name: str, audio: Audio, claim: UUID | None
) -> bool:
    """Name a file. Conversation first, then its recording: so does who folds or erases.

    Raises:
        TimeoutError: it took so long to write that it is being swept away.
    """
    conversations = Conversation.objects.filter(pk=conversation.pk)
    row = conversations.select_for_update().first()
    if row is None:
        return False
    recording = _recording_of(conversation, claim)
    if recording is None:
        return False
    before = recording.file
    Recording.objects.filter(pk=recording.pk).update(
        **_facts(name, audio),
        **({"source_url": ""} if claim is None else {}),
    )
    row.recorded_seconds = audio.duration_seconds
    conversations.touch(
        has_audio=True,
        recorded_seconds=row.recorded_seconds,
        duration_seconds=row.duration_from_facts(),
    )
    if not files.cancel_deletion(name):
        raise TimeoutError("It took too long to write, and was swept away.")
    files.schedule_deletion(before)
    return True


def _recording_of(conversation: Conversation, claim: UUID | None) -> Recording | None:
    recordings = Recording.objects.filter(conversation=conversation).select_for_update()
    if claim is not None:
        return recordings.filter(claim=claim, state=Recording.State.RUNNING).first()
    return recordings.first() or Recording.objects.create(conversation=conversation)


def _facts(name: str, audio: Audio) -> dict[str, Any]:
    return {
        "state": Recording.State.DONE,
        "claim": None,
        "lease_until": None,
        "next_try_at": None,
        "last_error": "",
        "fetched_bytes": audio.size,
        "expected_bytes": audio.size,
        "file": name,
        "content_type": audio.content_type,
        "codec": audio.codec,
        "channels": audio.channels,
        "duration_seconds": audio.duration_seconds,
        "size": audio.size,
        "stored_at": Now(),
        "peaks": audio.peaks,
        "marks": audio.marks,
    }
