"""Whom the database runs as. Postgres refuses root, so root needs an account for it."""

import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zelto.embedded.errors import Trouble

NAME = "zelto-postgres"


@dataclass(frozen=True)
class Account:
    uid: int
    gid: int

    def options(self) -> dict[str, Any]:
        """For subprocess: become this account, and drop root's other groups."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def database_account(folder: Path) -> Account | None:
    """None means: as whoever started us. The owner of a cluster's folder stays."""
    if os.geteuid() != 0:
        return None
    if folder.is_dir() and folder.stat().st_uid != 0:
        return Account(folder.stat().st_uid, folder.stat().st_gid)
    return find_account() or create_account()


def find_account() -> Account | None:
    try:
        entry = pwd.getpwnam(NAME)
    except KeyError:
        return None
    return Account(entry.pw_uid, entry.pw_gid)


def create_account() -> Account:
    useradd = shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    reason = "useradd is missing"
    if useradd:
        command = [useradd, "--system", "--user-group", "--no-create-home"]
        command += ["--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin", NAME]
        result = subprocess.run(command, capture_output=True, text=True)  # noqa: S603
        reason = result.stderr.strip()
    # Another start may have made it at the same moment.
    account = find_account()
    if account is None:
        raise Trouble(
            f"Postgres does not run as root, and the account {NAME} for it could not "
            f"be made ({reason}). Start Zelto as an ordinary user, create that system "
            "account, or set DATABASE_URL."
        )
    return account


def first_closed_folder(path: Path, account: Account) -> Path | None:
    """The topmost folder on the way to `path` that the account cannot walk through."""
    way = [*reversed(path.parents), path]
    return next((folder for folder in way if not may_enter(folder, account)), None)


def may_enter(folder: Path, account: Account) -> bool:
    status = folder.stat()
    if status.st_uid == account.uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == account.gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)
