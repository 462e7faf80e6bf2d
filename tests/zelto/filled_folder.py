"""A data folder as `make run` leaves it when nobody was there, to be copied: making a
cluster, its tables and the static files takes many times as long as a copy of them."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from zelto.embedded.location import make_data_directory

CHECKOUT = Path(__file__).resolve().parents[2]
# Where this session of tests keeps its one; its processes share it.
VARIABLE = "ZELTO_TEST_FILLED_FOLDER"
# What is the same in each; all else, as the secret key, each stack makes for itself.
COPIED = ("postgres", "static")
MAKING_LASTS = 120.0  # seconds


def begin() -> None:
    """Choose a place for the processes that are started from here on."""
    if VARIABLE not in os.environ:
        folder = Path(tempfile.mkdtemp(prefix="zelto-test-filled-"))
        folder.chmod(0o711)  # the database's own account walks through
        os.environ[VARIABLE] = str(folder)


def end() -> None:
    shutil.rmtree(os.environ.pop(VARIABLE))


def copy_to(data_dir: Path, environment: Mapping[str, str]) -> None:
    """Fill a new data folder; leave it to the stack where no session keeps a folder."""
    if VARIABLE not in os.environ:
        return
    folder = Path(os.environ[VARIABLE])
    with open(folder / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "data").exists():
            make(folder, environment)
    make_data_directory(data_dir)
    for name in COPIED:
        if name == "postgres" and environment["DATABASE_URL"]:
            continue  # its database is on another server
        subprocess.run(  # noqa: S603 - paths of our own
            ["/bin/cp", "-a", str(folder / "data" / name), str(data_dir)],
            check=True,
        )


def make(folder: Path, environment: Mapping[str, str]) -> None:
    """Under another name until it is whole."""
    draft = folder / "draft"
    with_database = [sys.executable, "-m", "zelto.embedded", "--throwaway", "exec"]
    subprocess.run(  # noqa: S603 - our own
        [*with_database, sys.executable, "manage.py", "prepare"],
        cwd=CHECKOUT,
        env={**environment, "DATABASE_URL": "", "ZELTO_DATA_DIR": str(draft)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        check=True,
        timeout=MAKING_LASTS,
    )
    draft.rename(folder / "data")
