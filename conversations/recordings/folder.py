"""Recordings in a folder of this machine."""

from __future__ import annotations

import logging
import os
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.core.files.base import File
from django.core.files.storage import FileSystemStorage

from web.private_files import make_owner_only_folder

logger = logging.getLogger(__name__)

# Beside the folders of the organizations, whose names are UUIDs: one file system.
DRAFTS = ".drafts"


class RecordingsFolder(FileSystemStorage):
    """A storage in which a file is whole or not there: it is written under
    another name first, and one of the same name is replaced by it."""

    def get_available_name(self, name: str, max_length: int | None = None) -> str:
        return name

    def _save(self, name: str, content: File[Any]) -> str:
        draft = f"{DRAFTS}/{uuid4()}"
        source, target = Path(self.path(draft)), Path(self.path(name))
        try:
            super()._save(draft, content)  # type: ignore[misc]
            with source.open("rb") as file:
                os.fsync(file.fileno())
            make_owner_only_folder(target.parent)
            source.replace(target)
        finally:
            source.unlink(missing_ok=True)
        _settle(target.parent)
        return name

    def delete_stale_drafts(self, seconds: float) -> None:
        """Delete what a process that was killed has left half-written."""
        delete_older_files(Path(self.path(DRAFTS)), seconds)


def delete_older_files(folder: Path, seconds: float) -> None:
    """Delete the files of this folder that nobody has written to for so long.

    One that cannot be deleted is logged, and keeps no other.
    """
    if not folder.is_dir():
        return
    for path in folder.iterdir():
        try:
            if path.stat().st_mtime < time.time() - seconds:
                path.unlink()
        except FileNotFoundError:
            continue
        except OSError as error:
            logger.warning("%s is left over and cannot be deleted: %s", path, error)


def _settle(folder: Path) -> None:
    """Flush a folder, so that a name outlasts a loss of power as its row does."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
