"""Tell how the embedded Postgres is set up and where it is reached.

Nothing here starts, stops or changes it.
"""

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
MAX_SOCKET_FOLDER_BYTES = 80
PID_FILE = "postmaster.pid"
# Its lines, as Postgres documents them in pidfile.h.
PID_LINE = 0
SOCKET_FOLDER_LINE = 4

INITDB_OPTIONS = [
    "--username=postgres",
    "--encoding=UTF8",
    # The same order of words on every machine, whatever its system library.
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--data-checksums",
    # Whoever may enter the socket folder (mode 0700) may connect, and nobody else.
    "--auth-local=trust",
    "--auth-host=reject",
    "--no-instructions",
]

# Given at each start, so that a release can change them.
SETTINGS = {
    "listen_addresses": "",
    "port": PORT,
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Two web processes of six threads, the workers, and a few commands beside them.
    "max_connections": "100",
    "shared_buffers": "128MB",
    "io_method": "sync",  # saves three processes that a small machine does not need
    "jit": "off",
    "random_page_cost": "1.1",  # nobody runs this on spinning disks
    "max_wal_size": "512MB",
    # No replicas: less is written, and nothing has to be set up for them.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_logical_replication_workers": "0",
    "idle_in_transaction_session_timeout": "5min",
    # A failed statement may hold what a caller said: keep it out of the log.
    "log_min_error_statement": "panic",
    "log_parameter_max_length_on_error": "0",
}

# For databases that a test throws away: a power cut may ruin them, `kill -9` may not.
THROWAWAY_SETTINGS = {"fsync": "off", "full_page_writes": "off"}


def server_options(folder: Path, socket_folder: Path, *, throwaway: bool) -> list[str]:
    """Return the options of `postgres` for the cluster in this folder."""
    settings = SETTINGS | {"unix_socket_directories": str(socket_folder)}
    if throwaway:
        settings |= THROWAWAY_SETTINGS
    options = ["-D", str(folder)]
    for name, value in settings.items():
        options += ["-c", f"{name}={value}"]
    return options


def cluster_folder(data_dir: Path) -> Path:
    """Return where the cluster of a data folder is: a folder, or a link to it."""
    return data_dir / "postgres"


def connection_parameters(data_dir: Path) -> dict[str, Any]:
    """Return what to connect to, by libpq's names, also while nothing runs there."""
    folder = running_socket_folder(data_dir) or default_socket_folder(data_dir)
    return {"host": str(folder), "port": PORT, "dbname": DATABASE, "user": ROLE}


def running_socket_folder(data_dir: Path) -> Path | None:
    """Return the socket folder that the running server wrote down, or None.

    TMPDIR, which the default depends on, may differ between two shells.
    """
    lines = read_pid_file(data_dir)
    if len(lines) <= SOCKET_FOLDER_LINE or not lines[SOCKET_FOLDER_LINE].strip():
        return None
    return Path(lines[SOCKET_FOLDER_LINE].strip())


def read_pid_file(data_dir: Path) -> list[str]:
    """Return the lines of postmaster.pid; none where it is missing or closed to us."""
    try:
        text = (cluster_folder(data_dir) / PID_FILE).read_text("utf-8")
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return []
    return text.splitlines()


def default_socket_folder(data_dir: Path) -> Path:
    """Return a data folder's socket folder: short, however long its own path is."""
    digest = hashlib.sha256(os.fsencode(data_dir.resolve())).hexdigest()[:12]
    name = f"zelto-{os.geteuid()}-{digest}"
    folder = Path(tempfile.gettempdir()).resolve() / name
    # Root's own temporary folder may be closed to the account of the database.
    if os.geteuid() == 0 or len(os.fsencode(folder)) > MAX_SOCKET_FOLDER_BYTES:
        folder = Path("/tmp").resolve() / name  # noqa: S108 - checked before use
    return folder
