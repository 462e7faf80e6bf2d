"""Where the embedded cluster is. Nothing here starts, stops or changes it."""

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Any

PORT = "5432"  # only names the socket file; nothing listens on the network
DATABASE = "zelto"
ROLE = "zelto"
# The limit of a socket's path is 104 bytes on macOS and 108 on Linux, and Postgres
# adds a name of its own.
SOCKET_FOLDER_LIMIT = 80
# Lines of postmaster.pid, as Postgres documents them in pidfile.h.
PID_LINE = 0
SOCKET_FOLDER_LINE = 4


def make_data_directory(data_dir: Path) -> None:
    """Private, but for root, whose database runs as another user and walks through."""
    if not data_dir.is_dir():
        data_dir.mkdir(parents=True, exist_ok=True)
        data_dir.chmod(0o711 if os.geteuid() == 0 else 0o700)


def cluster_folder(data_dir: Path) -> Path:
    return data_dir / "postgres"


def address(data_dir: Path) -> dict[str, Any]:
    """What to connect to, also while nothing runs there."""
    folder = running_socket_folder(data_dir) or default_socket_folder(data_dir)
    return {"host": str(folder), "port": PORT, "dbname": DATABASE, "user": ROLE}


def running_socket_folder(data_dir: Path) -> Path | None:
    """As the running server itself wrote it: TMPDIR may differ between two shells."""
    lines = postmaster_lines(data_dir)
    if len(lines) <= SOCKET_FOLDER_LINE or not lines[SOCKET_FOLDER_LINE].strip():
        return None
    return Path(lines[SOCKET_FOLDER_LINE].strip())


def postmaster_lines(data_dir: Path) -> list[str]:
    try:
        text = (cluster_folder(data_dir) / "postmaster.pid").read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return []
    return text.splitlines()


def default_socket_folder(data_dir: Path) -> Path:
    """Short whatever the length of the data folder's own path."""
    digest = hashlib.sha256(os.fsencode(data_dir.resolve())).hexdigest()[:12]
    name = f"zelto-{os.geteuid()}-{digest}"
    folder = Path(tempfile.gettempdir()).resolve() / name
    # Root's own temporary folder may be closed to the account of the database.
    if os.geteuid() == 0 or len(os.fsencode(folder)) > SOCKET_FOLDER_LIMIT:
        folder = Path("/tmp").resolve() / name  # noqa: S108 - checked before use
    return folder
