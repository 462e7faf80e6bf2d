"""Audio on its way into the storage or out of it: files of this machine that last as
long as the work on them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from django.conf import settings

from conversations.recordings.folder import delete_older_files

# What somebody who was killed has left behind: nobody writes to it for so long.
STALE_SECONDS = 24 * 3600.0


@contextmanager
def new_draft() -> Iterator[IO[bytes]]:
    with tempfile.NamedTemporaryFile(dir=drafts_folder()) as file:
        yield file


def drafts_folder() -> Path:
    folder: Path = settings.DATA_DIR / "drafts"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def delete_stale_drafts() -> None:
    delete_older_files(drafts_folder(), STALE_SECONDS)
