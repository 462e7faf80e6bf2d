"""Names of recordings in the storage, and letting go of them.

A file is noted as unused before it is written, and the note goes in the transaction
that names it; letting go of it notes it again. So a file without a recording is always
noted, and a sweep deletes it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core.files.storage import Storage, storages
from django.db import transaction
from django.db.models import Value
from django.db.models.functions import Now

from conversations import worker_stop
from conversations.models import Conversation, Recording, UnusedFile
from conversations.recordings import incoming
from conversations.recordings.folder import RecordingsFolder

# Writing a file and naming it takes less; until then it is not swept away.
WRITTEN_WITHIN = timedelta(hours=1)


def recordings_storage() -> Storage:
    return storages["recordings"]


def name_of(conversation: Conversation, sha256: str, extension: str) -> str:
    """By its content, within its conversation: two that are alike share no file, so
    that erasing one never takes the other's."""
    return f"{conversation.organization_id}/{conversation.pk}/{sha256}.{extension}"


def note_before_writing(name: str) -> datetime:
    """Until when the note keeps the file: another value tells that somebody else
    has noted the same since."""
    with transaction.atomic():
        note, _ = UnusedFile.objects.update_or_create(
            name=name,
            defaults={"delete_after": Now() + Value(WRITTEN_WITHIN)},
        )
        note.refresh_from_db(fields=["delete_after"])
    return note.delete_after


def cancel_deletion(name: str) -> None:
    """In the transaction in which a recording names it."""
    UnusedFile.objects.filter(name=name).delete()


def schedule_deletion(name: str) -> None:
    """In the transaction in which no recording names it any more."""
    if name:
        UnusedFile.objects.update_or_create(name=name, defaults={"delete_after": Now()})
        # Should the storage be away, a sweep deletes it later.
        transaction.on_commit(lambda: delete_if_unused(name), robust=True)


def schedule_deletion_of_files(conversation: Conversation) -> None:
    recording = Recording.objects.filter(conversation=conversation).only("file").first()
    if recording is not None:
        schedule_deletion(recording.file)


def delete_unused() -> None:
    """Deletes what is due; what the storage refuses comes again."""
    incoming.delete_stale()
    storage = recordings_storage()
    if isinstance(storage, RecordingsFolder):
        storage.delete_stale_drafts(WRITTEN_WITHIN.total_seconds())
    due = UnusedFile.objects.filter(delete_after__lte=Now())
    for name in list(due.order_by("delete_after").values_list("name", flat=True)[:100]):
        if worker_stop.is_requested():
            return
        delete_if_unused(name)


@transaction.atomic
def delete_if_unused(name: str) -> None:
    notes = UnusedFile.objects.select_for_update(skip_locked=True)
    note = notes.filter(name=name, delete_after__lte=Now()).first()
    if note is None:
        return
    if not Recording.objects.filter(file=name).exists():
        recordings_storage().delete(name)
    note.delete()
