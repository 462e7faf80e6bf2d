"""Close the data folder to other accounts of the machine, also one that was open."""

import os
import stat
from contextlib import suppress
from pathlib import Path

from web.private_files import OF_OTHERS, close_to_others
from zelto.embedded.errors import StartupError
from zelto.embedded.host import data_directory_mode

# What Zelto keeps there. Postgres closes its own folder, and lets nobody else do so.
FOLDERS = {
    *("incoming", "mail", "messages", "models", "recordings", "static"),
    "worker-package",
}
FILES = {
    *("certificates.pem", "owner.lock", "postgres.log", "postgres.log.1", "secret_key")
}
OURS = FOLDERS | FILES | {"postgres", "test"}
OF_A_NEW_DISK = {"lost+found"}


def close_data_directory(data_dir: Path) -> None:
    """Take the data folder, and what Zelto keeps in it, from all accounts but its owner's.

    Raises:
        StartupError: others can reach it, and it is not ours to close.
    """
    mode = stat.S_IMODE(data_dir.stat().st_mode)
    too_much = mode & OF_OTHERS & ~data_directory_mode()
    if too_much:
        check_is_ours(data_dir)
        data_dir.chmod(mode & ~too_much)
    for name in FOLDERS | FILES:
        path = data_dir / name
        if path.is_symlink():
            continue  # the operator put it elsewhere
        with suppress(FileNotFoundError, PermissionError):
            close_to_others(path)


def check_is_ours(data_dir: Path) -> None:
    """Accept a folder that may be closed without taking it from somebody else.

    Raises:
        StartupError: it belongs to another account, is shared, or has other things in it.
    """
    status, names = data_dir.stat(), set(os.listdir(data_dir)) - OF_A_NEW_DISK
    if os.geteuid() not in {0, status.st_uid}:
        why = "belongs to another account"
    elif status.st_mode & stat.S_ISVTX:
        why = "is shared by all accounts"
    elif names and not names & OURS:
        why = "has other things in it"
    else:
        return
    raise StartupError(
        f"{data_dir} can be read by other accounts of this machine, and {why}. Set "
        "ZELTO_DATA_DIR to a folder that is Zelto's alone, or close this one: "
        f"chmod go-rwx {data_dir}"
    )
