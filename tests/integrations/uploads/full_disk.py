"""A disk without room, for uploads that are on their way in."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.test import override_settings

from conversations.recordings import incoming

# No room for what is in a file, and none for a file.
NO_ROOM = ("size=16k", "nr_inodes=1")
MOUNT = ("mount", "-t", "tmpfs", "-o")


@contextmanager
def full_incoming(data_dir: Path, *, room: str) -> Iterator[Path]:
    """Keep what is on its way in on a disk of its own with as much room as `room` says,
    an option of tmpfs; give its folder. Only root may mount: skipped for others.
    """
    with override_settings(DATA_DIR=data_dir):
        folder = incoming.folder()
        folder.mkdir(parents=True)
        mounted = subprocess.run(  # noqa: S603 - a program of the system's
            [*MOUNT, room, "tmpfs", str(folder)], check=False, capture_output=True
        )
        if mounted.returncode:
            pytest.skip("mounts a small disk, which only root may")
        try:
            yield folder
        finally:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)  # noqa: S603, S607
