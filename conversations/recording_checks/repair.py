"""A file that the storage has packed is stored again as it was."""

from __future__ import annotations

from django.db import transaction

from conversations.models import Conversation, Recording
from conversations.object_store.aws_chunked import NotFramed
from conversations.recording_checks.check import (
    Kind,
    is_as_stored,
    summarize,
    unframed,
    write_pieces,
)
from conversations.recordings import files
from conversations.recordings.incoming import incoming_file
from conversations.recordings.store_audio import write_new

REPAIRABLE = {Kind.FRAMED, Kind.LABELLED}


def repair_recording(recording: Recording, kind: Kind) -> bool:
    """Store a file again under a new name, with exactly the bytes that it had at first;
    the old one is deleted. False: it does not have them, or another took its place.

    Raises:
        NotKept: the storage has changed it again; nothing was touched.
        Exception: whatever the storage raises.
    """
    if kind not in REPAIRABLE:
        return False
    with incoming_file() as copy, incoming_file() as whole:
        write_pieces(files.pieces_of(recording.file), copy)
        try:
            pieces = unframed(copy) if kind is Kind.FRAMED else files.pieces_in(copy)
            write_pieces(pieces, whole)
        except NotFramed:
            return False
        read = summarize(files.pieces_in(whole))
        if not is_as_stored(recording, read):
            return False
        name = files.name_like(recording.file)
        write_new(name, whole, read.sha256)
    return _take_its_place(recording, name)


def _take_its_place(recording: Recording, name: str) -> bool:
    """Name the new file, where the old one is still the one that is named."""
    with transaction.atomic(durable=True):
        Conversation.objects.lock(recording.pk)
        ours = Recording.objects.filter(pk=recording.pk, file=recording.file)
        is_ours = bool(ours.update(file=name)) and files.cancel_deletion(name)
        if is_ours:
            files.schedule_deletion(recording.file)
        else:
            transaction.set_rollback(True)
    if not is_ours:
        files.delete_new(name)
    return is_ours
