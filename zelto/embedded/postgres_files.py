"""The folder of the cluster: made whole or not at all, and checked before each start."""

import os
import secrets
import shutil
import subprocess
from pathlib import Path

from zelto.embedded.errors import Trouble
from zelto.embedded.host import Account, first_closed_folder
from zelto.embedded.location import cluster_folder
from zelto.embedded.output import say
from zelto.embedded.postgres_config import INITDB_OPTIONS
from zelto.embedded.programs import MAJOR, OPEN_FOLDER


def ready_folder(data_dir: Path, programs: Path, account: Account | None) -> Path:
    """The cluster's real folder, made new where there is none."""
    folder = cluster_folder(data_dir)
    if folder.is_symlink() and not folder.exists():
        raise Trouble(
            f"{folder} points to {folder.readlink()}, which is gone. Put that folder "
            "back, or remove the link to begin with an empty database."
        )
    if not folder.exists():
        say("Making a new database.")
        make_cluster(folder, programs, account)
    check_version(folder)
    check_access(folder, account)
    return folder.resolve()


def make_cluster(folder: Path, programs: Path, account: Account | None) -> None:
    """
    1. Choose a place where the account of the database can come.
    2. Let initdb work in a draft, since it may be killed half-way.
    3. Give the draft its name.
    """
    place = folder
    if account and first_closed_folder(folder.parent, account):
        OPEN_FOLDER.mkdir(mode=0o755, parents=True, exist_ok=True)
        place = OPEN_FOLDER / f"data-{secrets.token_hex(6)}"
        say(
            f"The account of the database cannot enter {folder.parent}, so the data "
            f"goes to {place}, with a link at {folder}."
        )
    draft = place.with_name(f"{place.name}.new")
    if draft.exists():
        shutil.rmtree(draft)
    draft.mkdir(mode=0o700)
    if account:
        os.chown(draft, account.uid, account.gid)
    run_initdb(draft, programs, account)
    draft.rename(place)
    if place != folder:
        folder.symlink_to(place)
    for parent in {place.parent, folder.parent}:
        keep_name(parent)


def run_initdb(folder: Path, programs: Path, account: Account | None) -> None:
    command = [str(programs / "initdb"), *INITDB_OPTIONS, "-D", str(folder)]
    result = subprocess.run(  # noqa: S603 - nothing of it comes from outside
        command,
        capture_output=True,
        text=True,
        cwd="/",
        env={"LC_ALL": "C", "PATH": os.defpath},
        start_new_session=True,
        **(account.options() if account else {}),
    )
    if result.returncode != 0:
        raise Trouble(f"The database could not be made: {result.stderr.strip()}")


def keep_name(folder: Path) -> None:
    """A new name must outlast a power cut as the data under it does."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def check_version(folder: Path) -> None:
    try:
        found = (folder / "PG_VERSION").read_text("ascii").strip()
    except FileNotFoundError:
        raise Trouble(
            f"{folder} holds no database. Move it away to begin with an empty one."
        ) from None
    except PermissionError:
        return  # check_access says it better
    if found != str(MAJOR):
        raise Trouble(
            f"The data in {folder} was written by Postgres {found}, and this Zelto "
            f"brings Postgres {MAJOR}. Start it with the Zelto that wrote it and dump "
            "it with pg_dump, then move the folder away and restore the dump; or set "
            "DATABASE_URL."
        )


def check_access(folder: Path, account: Account | None) -> None:
    owner = folder.stat().st_uid
    if account is None:
        if owner != os.geteuid():
            raise Trouble(
                f"{folder} belongs to another user (number {owner}). Start Zelto as "
                "that user or as root, or set another ZELTO_DATA_DIR."
            )
        return
    closed = first_closed_folder(folder.resolve(), account)
    if closed:
        raise Trouble(
            f"The account of the database (number {account.uid}) cannot enter "
            f"{closed}. Allow it with `chmod o+x`, or move the data."
        )
