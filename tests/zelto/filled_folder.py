"""A data folder as `make run` and `manage.py provision` leave it, to be copied.

Making a cluster, its tables, the static files and an organization takes many times as
long as a copy of them.
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
PASSWORD = "a long walk by the river"
PROVISION = (
    *("provision", "--organization", "Acme", "--email", "ada@example.org"),
    *("--password", PASSWORD, "--key-name", "worker"),
)
# Beside a copied database: what the command printed when it made Acme in it.
PRINTED = "provisioned.json"
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
        if name == "postgres":
            shutil.copy(folder / "data" / PRINTED, data_dir)
        subprocess.run(["/bin/cp", "-a", str(source), str(data_dir)], check=True)  # noqa: S603 - paths of our own


def make(folder: Path, environment: Mapping[str, str]) -> None:
    """Make the folder, under another name until it is complete."""
    draft = folder / "draft"
    run_beside_database(draft, environment, "prepare")
    printed = run_beside_database(draft, environment, *PROVISION)
    (draft / PRINTED).touch(mode=0o600)  # as all of a data folder
    (draft / PRINTED).write_text(last_line(printed), "utf-8")
    draft.rename(folder / "data")


def run_beside_database(
    data_dir: Path, environment: Mapping[str, str], *command: str
) -> str:
    """Run a command of manage.py, and return what it printed."""
    with_database = [sys.executable, "-m", "zelto.embedded", "--throwaway", "exec"]
    done = subprocess.run(  # noqa: S603 - our own
        [*with_database, sys.executable, "manage.py", *command],
        cwd=CHECKOUT,
        env={**environment, "DATABASE_URL": "", "ZELTO_DATA_DIR": str(data_dir)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        check=True,
        text=True,
        timeout=MAKING_LASTS,
    )
    return done.stdout


def last_line(printed: str) -> str:
    return printed.strip().splitlines()[-1]
