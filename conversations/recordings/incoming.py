"""Files on their way in: on this machine's disk until they are what they should be."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from uuid import uuid4

from django.conf import settings

from conversations.recordings.folder import delete_older_files
from web.private_files import make_owner_only_folder

# Longer than any of them is written to without a pause.
STALE_SECONDS = 3600.0

FULL = {errno.ENOSPC, errno.EDQUOT}


def is_for_want_of_room(error: Exception) -> bool:
    """Tell whether a disk or a quota is full."""
    return isinstance(error, OSError) and error.errno in FULL


def folder() -> Path:
    """Return where files on their way in are."""
    return Path(settings.DATA_DIR) / "incoming"


@contextmanager
def incoming_file() -> Iterator[Path]:
    """Make an empty file that only we may read; gone afterwards, whatever happens."""
    make_owner_only_folder(folder())
    path = folder() / str(uuid4())
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        yield path
    finally:
        path.unlink(missing_ok=True)


def new_incoming_file() -> IO[bytes]:
    """Open a file that is gone once it is closed: for where a request closes it."""
    make_owner_only_folder(folder())
    return tempfile.NamedTemporaryFile(dir=folder())


def delete_stale() -> None:
    """Delete what a process that was killed has left."""
    delete_older_files(folder(), STALE_SECONDS)
