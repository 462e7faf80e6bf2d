"""Use the machine Zelto runs on: its accounts, its folders, its terminal."""

import os
import pwd
import shutil
import stat
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zelto.embedded.errors import StartupError

ACCOUNT_NAME = "zelto-postgres"


@dataclass(frozen=True)
class Account:
    """Name an account of the system by its numbers."""

    uid: int
    gid: int

    def subprocess_options(self) -> dict[str, Any]:
        """Return what has subprocess become this account, without root's groups."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def database_account(folder: Path) -> Account | None:
    """Return whom the database in this folder runs as; None means as ourselves.

    Postgres refuses root, so root needs an account for it: whoever owns the folder,
    else ACCOUNT_NAME, which is made where it is missing.

    Raises:
        StartupError: it is missing, and cannot be made.
    """
    if os.geteuid() != 0:
        return None
    if folder.is_dir() and folder.stat().st_uid != 0:
        return Account(folder.stat().st_uid, folder.stat().st_gid)
    return find_account() or create_account()


def find_account() -> Account | None:
    """Return the system's account ACCOUNT_NAME, or None where it has none."""
    try:
        entry = pwd.getpwnam(ACCOUNT_NAME)
    except KeyError:
        return None
    return Account(entry.pw_uid, entry.pw_gid)


def create_account() -> Account:
    """Add the account ACCOUNT_NAME to the system.

    Raises:
        StartupError: useradd is missing, or failed.
    """
    useradd = shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    reason = "useradd is missing"
    if useradd:
        command = [useradd, "--system", "--user-group", "--no-create-home"]
        command += ["--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin"]
        command += [ACCOUNT_NAME]
        result = subprocess.run(command, capture_output=True, text=True)  # noqa: S603
        reason = result.stderr.strip()
    # Another start may have made it at the same moment.
    account = find_account()
    if account is None:
        raise StartupError(
            f"Postgres does not run as root, and the account {ACCOUNT_NAME} for it "
            f"could not be made ({reason}). Start Zelto as an ordinary user, create that "
            "system account, or set DATABASE_URL."
        )
    return account


def first_closed_folder(path: Path, account: Account) -> Path | None:
    """Return the topmost folder on the way to `path` that the account cannot enter."""
    way = [*reversed(path.parents), path]
    return next((folder for folder in way if not may_enter(folder, account)), None)


def may_enter(folder: Path, account: Account) -> bool:
    """Return whether a folder's mode lets the account walk through it."""
    status = folder.stat()
    if status.st_uid == account.uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == account.gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)


def make_data_directory(data_dir: Path) -> None:
    """Make the data folder where there is none, for its owner alone.

    Root's may be walked through, since its database runs as another user.
    """
    if not data_dir.is_dir():
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        data_dir.chmod(data_directory_mode())


def data_directory_mode() -> int:
    """Return the mode of a data folder: what its owner, and others, may do there."""
    return 0o711 if os.geteuid() == 0 else 0o700


def make_private_folder(folder: Path, account: Account | None) -> None:
    """Make or close a folder, such as a socket's, so that only the account may enter.

    It lies in a folder where anybody may make one: nothing found there is trusted.

    Raises:
        StartupError: there is something that neither we nor the account made.
    """
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    status = folder.lstat()
    owner = account.uid if account else os.geteuid()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid not in {os.geteuid(), owner}:
        raise StartupError(
            f"{folder} was made by somebody else. Remove it and start again."
        )
    if account:
        os.chown(folder, account.uid, account.gid, follow_symlinks=False)
    folder.chmod(0o700)


def remove_empty_folder(folder: Path) -> None:
    """Remove a folder; leave one that is not empty, which is no reason to fail."""
    with suppress(OSError):
        folder.rmdir()


class Output:
    """Write to standard output; once its reader is gone (`make run | head`), nowhere.

    That nobody reads any more must not end the stack.
    """

    def isatty(self) -> bool:
        """Return whether a terminal reads."""
        return sys.stdout.isatty()

    def write(self, text: str) -> None:
        """Write a text at once."""
        try:
            sys.stdout.write(text)
            sys.stdout.flush()
        except OSError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, sys.stdout.fileno())
            os.close(nowhere)

    def flush(self) -> None:
        """Do nothing: each write has done it."""


def print_line(sentence: str) -> None:
    """Print a sentence for the operator."""
    Output().write(f"{sentence}\n")
