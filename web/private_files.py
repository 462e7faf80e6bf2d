"""Folders and files that no other account of the machine may enter or read."""

import os
from pathlib import Path

PRIVATE_FOLDER = 0o700
PRIVATE_FILE = 0o600
OF_OTHERS = 0o077


def make_owner_only_folder(folder: Path) -> Path:
    """Make a folder, and those on the way to it that are missing, for us alone; return
    it. One that is there stays as it is.
    """
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    for each in reversed(missing):
        each.mkdir(mode=PRIVATE_FOLDER, exist_ok=True)
    return folder


def close_to_others(path: Path) -> None:
    """Take a folder or file from all accounts but its owner's.

    Raises:
        PermissionError: it is open to others, and not ours to close.
    """
    mode = path.stat().st_mode
    if mode & OF_OTHERS:
        path.chmod(mode & 0o7777 & ~OF_OTHERS)


def open_private_file(path: str, flags: int) -> int:
    """Open a file that only its owner may read: an `opener` for open()."""
    return os.open(path, flags, mode=PRIVATE_FILE)
