"""A data folder as `make run` leaves it, to be copied.

Making a cluster, its tables and the static files takes many times as long as a copy of
them.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from zelto.embedded.host import make_data_directory
from zelto.embedded.postgres_config import cluster_folder

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
    """Delete the folder of this session."""
    folder = Path(os.environ.pop(VARIABLE))
    if cluster_folder(folder / "data").is_symlink():
        shutil.rmtree(cluster_folder(folder / "data").resolve())
    shutil.rmtree(folder)


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
        source = folder / "data" / name
        is_elsewhere = bool(environment["DATABASE_URL"]) or source.is_symlink()
        if name == "postgres" and is_elsewhere:
            continue
        subprocess.run(["/bin/cp", "-a", str(source), str(data_dir)], check=True)  # noqa: S603 - paths of our own


def make(folder: Path, environment: Mapping[str, str]) -> None:
    """Make the folder, under another name until it is complete."""
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
