"""Names of recordings in the storage, and letting go of them.

A file is noted as unused before it is written, and the note goes in the transaction
that names it; letting go of it notes it again. So a file without a recording is always
noted, and a sweep deletes it. No two writes have one name, so that a file which is let
go of is nobody's any more: it is deleted while no row is held, however far the storage.
"""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path, PurePosixPath
from uuid import uuid4

from django.core.files.storage import FileSystemStorage, Storage, storages
from django.db import DatabaseError, InterfaceError, transaction
from django.db.models import QuerySet, Value
from django.db.models.functions import Now

from conversations import worker_stop
from conversations.models import Conversation, Recording, UnusedFile
from conversations.object_store.told import TellingStorage, Told
from conversations.recordings import incoming
from conversations.recordings.folder import RecordingsFolder

logger = logging.getLogger(__name__)

# Writing a file and naming it takes less; until then it is not swept away.
WRITTEN_WITHIN = timedelta(hours=1)
# Deleting one takes less; after that it comes again.
DELETED_WITHIN = timedelta(minutes=10)
# Where the storage refuses, it comes again once it is twice as old, within these.
MIN_WAIT, MAX_WAIT = timedelta(minutes=10), timedelta(hours=6)
# None is begun after so long: a storage that is slow holds up nothing else.
TURN_SECONDS = 10.0
# How a recording's address begins that is a file of the storage: it came with an upload.
RECEIVED = "received:"
RECEIVED_FOLDER = "/received/"
PIECE_BYTES = 1024 * 1024
_one_sweep_at_a_time = threading.Lock()


class NotKept(Exception):
    """Says in a sentence what the storage has in place of what it was given."""


def recordings_storage() -> Storage:
    """Return the storage of recordings: a folder, or S3."""
    return storages["recordings"]


def told_of(name: str) -> Told:
    """Return what the storage says of a file.

    Raises:
        FileNotFoundError: it has none of this name.
        Exception: whatever the storage raises.
    """
    storage = recordings_storage()
    if isinstance(storage, TellingStorage):
        return storage.told(name)
    return Told(storage.size(name))


def pieces_of(name: str) -> Iterator[bytes]:
    """Yield a stored file, a mebibyte at a time.

    Raises:
        FileNotFoundError: there is none of this name.
        Exception: whatever the storage raises.
    """
    storage = recordings_storage()
    if isinstance(storage, TellingStorage):
        yield from storage.pieces(name)
        return
    with storage.open(name) as file:
        while piece := file.read(PIECE_BYTES):
            yield piece


def pieces_in(path: Path) -> Iterator[bytes]:
    """Yield a local file, a mebibyte at a time."""
    with path.open("rb") as file:
        while piece := file.read(PIECE_BYTES):
            yield piece


def verify_stored(name: str, path: Path, sha256: str) -> None:
    """Compare what was stored with the file it was made of: by its size, and by its
    hash where the storage tells one; else a bucket is read.

    sha256: of the file, in hexadecimal digits.

    Raises:
        NotKept: it is another.
        Exception: whatever the storage raises.
    """
    size = path.stat().st_size
    try:
        told = told_of(name)
    except FileNotFoundError:
        raise NotKept("The storage took it, and does not have it.") from None
    if told.size is not None and told.size != size:
        raise NotKept(f"The storage has {told.size:,} bytes of its {size:,}.")
    storage = recordings_storage()
    if isinstance(storage, FileSystemStorage):
        return
    if isinstance(storage, TellingStorage) and told.etag in storage.etags_of(path):
        return
    # A tag need not be a hash: it is none where the bucket encrypts by a key.
    digest = hashlib.sha256()
    for piece in pieces_of(name):
        digest.update(piece)
    if digest.hexdigest() != sha256:
        raise NotKept("The storage has other bytes than it was given.")


def name_of(conversation: Conversation, sha256: str, extension: str) -> str:
    """Return a new name each time, within its conversation, by its content: two that
    are alike share no file, so that deleting one never takes the other's."""
    folder = f"{conversation.organization_id}/{conversation.pk}"
    return f"{folder}/{sha256}.{uuid4().hex}.{extension}"


def name_like(name: str) -> str:
    """Return a new name for the same content in the same place."""
    path = PurePosixPath(name)
    return f"{path.parent}/{sha256_of(name)}.{uuid4().hex}{path.suffix}"


def sha256_of(name: str) -> str:
    """Return the digest of what is in a file, by its name, in hexadecimal digits."""
    return PurePosixPath(name).name.partition(".")[0]


def note_before_writing(name: str) -> None:
    """Note that a file is about to be written under this name, which is new."""
    UnusedFile.objects.create(name=name, delete_after=Now() + Value(WRITTEN_WITHIN))


def cancel_deletion(name: str) -> bool:
    """Keep a file, in the transaction in which a recording names it. False: it
    took so long to write that it is being swept away."""
    noted = UnusedFile.objects.filter(name=name, delete_after__gt=Now())
    return bool(noted.filter(is_being_deleted=False).delete()[0])


def schedule_deletion(name: str) -> None:
    """Note a file as unused, in the transaction in which no recording names it
    any more."""
    if name:
        UnusedFile.objects.update_or_create(name=name, defaults={"delete_after": Now()})
        # Should the storage be away, a sweep deletes it later.
        transaction.on_commit(lambda: delete_if_unused(name), robust=True)


def schedule_deletion_of_files(conversation: Conversation) -> None:
    """Note the file of a conversation that is being erased as unused."""
    rows = Recording.objects.filter(conversation=conversation)
    recording = rows.only("file", "source_url").first()
    if recording is not None:
        schedule_deletion(recording.file)
        if recording.source_url.startswith(RECEIVED):
            schedule_deletion(recording.source_url.removeprefix(RECEIVED))


def delete_unused() -> None:
    """Delete what is due, until all is gone or the turn is over; what the storage
    refuses comes again.

    Raises:
        DatabaseError: the notes could not be read or written.
        InterfaceError: likewise, where the connection is gone.
    """
    if not _one_sweep_at_a_time.acquire(blocking=False):
        return
    try:
        _delete_unused()
    finally:
        _one_sweep_at_a_time.release()


def _delete_unused() -> None:
    turn = worker_stop.Turn(TURN_SECONDS)
    incoming.delete_stale()
    storage = recordings_storage()
    if isinstance(storage, RecordingsFolder):
        storage.delete_stale_drafts(WRITTEN_WITHIN.total_seconds())
    due = UnusedFile.objects.filter(delete_after__lte=Now())
    for name in list(due.order_by("delete_after").values_list("name", flat=True)[:100]):
        if turn.is_over:
            return
        try:
            delete_if_unused(name)
        except (DatabaseError, InterfaceError):
            raise
        except Exception:
            # Whatever a storage raises holds up no other file.
            logger.exception("A file that nobody uses could not be deleted")


def delete_if_unused(name: str) -> None:
    """Delete a file that is due; runs outside of any transaction.

    The note says first that it is being deleted, and goes once it is. Whoever dies in
    between leaves a note that is due again.

    Raises:
        Exception: whatever the storage raises; the file comes again, later each time.
    """
    ours = UnusedFile.objects.filter(name=name)
    later = Now() + Value(DELETED_WITHIN)
    due = ours.filter(delete_after__lte=Now())
    if not due.update(delete_after=later, is_being_deleted=True):
        return
    if _is_to_be_read(name):
        ours.update(delete_after=Now() + Value(MAX_WAIT), is_being_deleted=False)
        return
    # A version before this one wrote under names that another write had, too.
    if not Recording.objects.filter(file=name).exists():
        try:
            recordings_storage().delete(name)
        except Exception:
            _wait_longer(ours)
            raise
    ours.delete()


def _is_to_be_read(name: str) -> bool:
    """Tell whether a file came with an upload and no worker has read it yet: they were
    away for long.
    """
    unread = [Recording.State.WAITING, Recording.State.RUNNING]
    waiting = Recording.objects.filter(state__in=unread)
    return (
        RECEIVED_FOLDER in name and waiting.filter(source_url=RECEIVED + name).exists()
    )


def delete_new(name: str) -> None:
    """Delete a file that was written and that no recording came to name.

    Raises:
        Exception: whatever the storage raises; the file comes again.
    """
    UnusedFile.objects.filter(name=name).update(delete_after=Now())
    delete_if_unused(name)


def _wait_longer(notes: QuerySet[UnusedFile]) -> None:
    for note in notes:
        wait = min(max(note.age, MIN_WAIT), MAX_WAIT)
        notes.update(delete_after=Now() + Value(wait))
