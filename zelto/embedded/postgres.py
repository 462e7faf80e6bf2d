"""Start, watch and stop the embedded Postgres."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg
from psycopg import sql

from web.private_files import open_private_file
from zelto.embedded.errors import StartupError
from zelto.embedded.host import (
    Account,
    database_account,
    make_private_folder,
    print_line,
    remove_empty_folder,
)
from zelto.embedded.leftover_processes import (
    end_postgres_processes,
    find_postmaster,
    is_alive,
    reap,
    remove_stale_files,
    send_signal,
)
from zelto.embedded.postgres_config import (
    DATABASE,
    PORT,
    ROLE,
    cluster_folder,
    default_socket_folder,
    running_socket_folder,
    server_options,
)
from zelto.embedded.postgres_files import find_programs, prepare_cluster_folder
from zelto.embedded.shutdown import ShutdownListener, wait_until
from zelto.env import env_text

MAX_LAUNCHES = 5
SHARED_MEMORY_IN_USE = "pre-existing shared memory block"  # words of Postgres
MAX_LOG_BYTES = 5 * 1024 * 1024  # one older file of that size is kept beside it
MAX_LOG_LINES_SHOWN = 5
PROGRESS_INTERVAL_SECONDS = 10.0
# As Postgres names its ways to shut down.
FAST_SHUTDOWN_TIMEOUT_SECONDS = 60.0
IMMEDIATE_SHUTDOWN_TIMEOUT_SECONDS = 15.0


@contextmanager
def running_database(
    data_dir: Path, shutdown: ShutdownListener, *, throwaway: bool = False
) -> Iterator["Cluster | None"]:
    """Have the database up while a block of code runs.

    None with DATABASE_URL, whose server is not ours to start or stop.

    Raises:
        StartupError: it does not start, or does not stop.
        ShutdownRequested: a stop was asked for while it started.
    """
    if env_text("DATABASE_URL"):
        yield None
        return
    cluster = Cluster(data_dir, throwaway=throwaway)
    try:
        cluster.start(shutdown)
        yield cluster
    finally:
        cluster.stop()


class Cluster:
    """Start and stop the Postgres of one data folder.

    throwaway: nothing is forced to the disk, so a power cut ruins the data.
    """

    def __init__(self, data_dir: Path, *, throwaway: bool = False) -> None:
        self.data_dir = data_dir
        self.throwaway = throwaway
        self.log = data_dir / "postgres.log"
        self.socket_folder = default_socket_folder(data_dir)
        self.process: psutil.Process | None = None

    def start(self, shutdown: ShutdownListener) -> None:
        """Return once the server takes connections, and has our role and database.

        1. Take over a server whose owner was killed.
        2. Else clear what a killed server left, and launch a new one.
        3. See to it that our role and our database are there.

        Raises:
            StartupError: it does not start; the text says why.
            ShutdownRequested: a stop was asked for meanwhile.
        """
        account = database_account(cluster_folder(self.data_dir))
        programs = find_programs(account)
        folder = prepare_cluster_folder(self.data_dir, programs, account)
        self.process = find_postmaster(self.data_dir, folder)
        if self.process and self.take_over(self.process, shutdown):
            print_line("Took over the database that was still running.")
        else:
            self.socket_folder = default_socket_folder(self.data_dir)
            make_private_folder(self.socket_folder, account)
            end_postgres_processes(folder)
            remove_stale_files(self.data_dir, folder, self.socket_folder)
            self.launch(folder, programs, account, shutdown)
        self.create_database()

    def take_over(self, process: psutil.Process, shutdown: ShutdownListener) -> bool:
        """Return whether a server that was found takes connections, or was ending.

        Raises:
            ShutdownRequested: a stop was asked for meanwhile.
        """
        self.socket_folder = running_socket_folder(self.data_dir) or self.socket_folder
        return wait_for_connection(process, self.socket_folder, shutdown)

    def launch(
        self,
        folder: Path,
        programs: Path,
        account: Account | None,
        shutdown: ShutdownListener,
    ) -> None:
        """Launch a server and wait until it takes connections.

        Raises:
            StartupError: it ended; the text has the last lines of its log.
            ShutdownRequested: a stop was asked for meanwhile.
        """
        options = server_options(folder, self.socket_folder, throwaway=self.throwaway)
        command = [str(programs / "postgres"), *options]
        for _ in range(MAX_LAUNCHES):
            written_before = self.log.stat().st_size if self.log.exists() else 0
            self.process = self.spawn(command, account)
            if wait_for_connection(self.process, self.socket_folder, shutdown):
                return
            reap(self.process)
            written = self.read_log(written_before)
            if SHARED_MEMORY_IN_USE not in written:
                break
            time.sleep(1)  # the last backend of a killed server is about to end
        lines = "\n".join(written.splitlines()[-MAX_LOG_LINES_SHOWN:])
        raise StartupError(
            f"The database did not start; {self.log} ends with:\n{lines}"
        )

    def spawn(self, command: list[str], account: Account | None) -> psutil.Popen:
        """Start the server's process, which writes to the log."""
        with open(self.log, "ab", opener=open_private_file) as log:
            return psutil.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env={"LC_ALL": "C", "PATH": os.defpath},
                # Ctrl-C in the terminal is for us; we stop the database last.
                start_new_session=True,
                **(account.subprocess_options() if account else {}),
            )

    def read_log(self, start: int) -> str:
        """Return what the log has from this byte on."""
        with open(self.log, "rb") as log:
            log.seek(start)
            return log.read().decode("utf-8", "replace")

    def create_database(self) -> None:
        """Make our role and our database where they are missing.

        The role may make databases (tests do), and is no superuser.
        """
        with connect_as_superuser(self.socket_folder) as connection:
            role, database = sql.Identifier(ROLE), sql.Identifier(DATABASE)
            if not connection.execute(
                "SELECT FROM pg_roles WHERE rolname = %s", [ROLE]
            ).fetchall():
                connection.execute(
                    sql.SQL("CREATE ROLE {} LOGIN CREATEDB").format(role)
                )
            if not connection.execute(
                "SELECT FROM pg_database WHERE datname = %s", [DATABASE]
            ).fetchall():
                connection.execute(
                    sql.SQL("CREATE DATABASE {} OWNER {}").format(database, role)
                )

    def is_alive(self) -> bool:
        """Return whether the server runs."""
        return self.process is not None and is_alive(self.process)

    def trim_log(self) -> None:
        """Empty a log over MAX_LOG_BYTES, keeping a copy; the server appends to it."""
        if self.log.exists() and self.log.stat().st_size > MAX_LOG_BYTES:
            copy = self.log.with_name("postgres.log.1")
            with (
                open(self.log, "rb") as log,
                open(copy, "wb", opener=open_private_file) as file,
            ):
                shutil.copyfileobj(log, file)
            os.truncate(self.log, 0)

    def stop(self) -> None:
        """Stop the server, if it was started, and remove its socket folder.

        Raises:
            StartupError: it does not end.
        """
        if self.process is not None:
            stop_postmaster(self.process)
            reap(self.process)
        remove_empty_folder(self.socket_folder)


def wait_for_connection(
    process: psutil.Process, socket_folder: Path, shutdown: ShutdownListener
) -> bool:
    """Return True once a server takes connections, False where it ended before.

    It is waited for as long as it lives: recovery after a crash may take minutes.

    Raises:
        ShutdownRequested: a stop was asked for meanwhile.
    """
    print_at = time.monotonic() + PROGRESS_INTERVAL_SECONDS
    while is_alive(process):
        if takes_connections(socket_folder):
            return True
        if time.monotonic() > print_at:
            print_line("The database is still starting; it may be recovering.")
            print_at += PROGRESS_INTERVAL_SECONDS
        shutdown.pause()
    return False


def takes_connections(socket_folder: Path) -> bool:
    """Return whether a server takes connections at a socket, by trying."""
    try:
        connect_as_superuser(socket_folder).close()
    except psycopg.OperationalError:
        return False
    return True


def connect_as_superuser(socket_folder: Path) -> psycopg.Connection:
    """Return a connection as `postgres` that commits each statement by itself.

    Raises:
        psycopg.OperationalError: the server does not take it.
    """
    return psycopg.connect(
        host=str(socket_folder),
        port=PORT,
        user="postgres",
        dbname="postgres",
        connect_timeout=5,
        autocommit=True,
    )


def stop_postmaster(process: psutil.Process) -> None:
    """Stop a server: first in order, then at once; its log makes good what was cut off.

    Raises:
        StartupError: it does not end.
    """
    for number, seconds in (
        (signal.SIGINT, FAST_SHUTDOWN_TIMEOUT_SECONDS),
        (signal.SIGQUIT, IMMEDIATE_SHUTDOWN_TIMEOUT_SECONDS),
    ):
        send_signal(process, number)
        if wait_until(lambda: not is_alive(process), seconds):
            return
    raise StartupError(f"The database (process {process.pid}) does not end.")
