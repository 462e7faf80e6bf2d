"""The folder of the socket: whoever may enter it may do anything to the database."""

import os
import stat
from contextlib import suppress
from pathlib import Path

from zelto.embedded.errors import Trouble
from zelto.embedded.host import Account


def make_private(folder: Path, account: Account | None) -> None:
    """It lies in a folder where anybody may make one: trust nothing found there."""
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    status = folder.lstat()
    owner = account.uid if account else os.geteuid()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid not in {os.geteuid(), owner}:
        raise Trouble(f"{folder} was made by somebody else. Remove it and start again.")
    if account:
        os.chown(folder, account.uid, account.gid, follow_symlinks=False)
    folder.chmod(0o700)


def remove(folder: Path) -> None:
    with suppress(OSError):  # a leftover in it is no reason to fail at the very end
        folder.rmdir()
