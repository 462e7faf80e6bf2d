"""A disk of a few megabytes, to fill up."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.zelto.stack import open_folder


class CannotMountError(Exception):
    """No disk can be mounted here; the text says why."""


class SmallDisk:
    """A mounted disk, which a file fills."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ballast = folder / "ballast"

    def fill(self) -> None:
        """Write to it up to the last block."""
        with open(self.ballast, "ab", buffering=0) as file:
            try:
                while file.write(bytes(1 << 20)):
                    pass
            except OSError:
                return

    def free(self) -> None:
        self.ballast.unlink()


@contextmanager
def small_disk(megabytes: int) -> Iterator[SmallDisk]:
    """Mount a disk for the block.

    Raises:
        CannotMountError: that is not allowed.
    """
    if os.geteuid() != 0:
        raise CannotMountError("only root may mount a disk")
    folder = open_folder()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=711", "none"]
    done = subprocess.run([*mount, str(folder)], capture_output=True, text=True)  # noqa: S603
    if done.returncode != 0:
        folder.rmdir()
        raise CannotMountError(f"no disk can be mounted here: {done.stderr.strip()}")
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)  # noqa: S603, S607
        folder.rmdir()
