"""Audio that came with an upload: in the storage as it came, until the worker has read
it and made it the recording of its conversation.
"""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

from django.core.files import File
from django.db.models import Value
from django.db.models.functions import Now

from conversations.models import UnusedFile
from conversations.recordings import files

PREFIX = files.RECEIVED
# Until then a worker has read it, whatever was broken; then it goes.
KEPT = timedelta(days=14)


class NotThere(Exception):
    """The file is no longer in the storage."""


def keep(organization_id: UUID, path: Path) -> str:
    """Store a file as it is, and return its name in the storage.

    Raises:
        TimeoutError: writing took over an hour.
        Exception: whatever the storage raises.
    """
    name = f"{organization_id}{files.RECEIVED_FOLDER}{uuid4()}"
    # Whoever dies while it is written leaves nothing for long.
    files.note_before_writing(name)
    with path.open("rb") as source:
        files.recordings_storage().save(name, File(source))
    # Before a delivery names it, so that none is named and gone.
    noted = UnusedFile.objects.filter(name=name, is_being_deleted=False)
    if not noted.update(delete_after=Now() + Value(KEPT)):
        raise TimeoutError("It took too long to write, and was swept away.")
    return name


def received_address(name: str) -> str:
    """Return the address that a recording has of a file of the storage."""
    return PREFIX + name


def is_received(address: str) -> bool:
    """Tell whether a recording's address is a file that came with an upload."""
    return address.startswith(PREFIX)


def bring(address: str, path: Path) -> None:
    """Copy such a file to `path`.

    Raises:
        NotThere: it is gone.
        Exception: whatever the storage raises.
    """
    try:
        with (
            files.recordings_storage().open(address.removeprefix(PREFIX)) as source,
            path.open("wb") as target,
        ):
            shutil.copyfileobj(source, target)
    except FileNotFoundError:
        raise NotThere from None


def let_go(address: str) -> None:
    """Delete such a file: its audio is elsewhere now, or nobody's any more."""
    files.schedule_deletion(address.removeprefix(PREFIX))
