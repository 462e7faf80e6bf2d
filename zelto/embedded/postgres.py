"""The embedded cluster: started or taken over, asked whether it lives, stopped."""

import os
import shutil
import subprocess
import time
from pathlib import Path

import psutil
from psycopg import sql

from zelto.embedded import sockets
from zelto.embedded.errors import Trouble
from zelto.embedded.host import Account, database_account
from zelto.embedded.location import (
    DATABASE,
    ROLE,
    cluster_folder,
    default_socket_folder,
    running_socket_folder,
)
from zelto.embedded.output import say
from zelto.embedded.parent_death import reap
from zelto.embedded.postgres_config import server_options
from zelto.embedded.postgres_files import ready_folder
from zelto.embedded.postmaster import (
    connect_as_superuser,
    end_orphans,
    find_postmaster,
    forget_killed_server,
    is_alive,
    stop_postmaster,
    wait_until_answering,
)
from zelto.embedded.programs import find_programs
from zelto.embedded.shutdown import Stopping

LAUNCHES = 5
MEMORY_IN_USE = "pre-existing shared memory block"
LOG_LIMIT = 5 * 1024 * 1024  # bytes; one older file of that size is kept beside it
LOG_LINES_TOLD = 5


class Cluster:
    def __init__(self, data_dir: Path, *, throwaway: bool = False) -> None:
        self.data_dir = data_dir
        self.throwaway = throwaway
        self.log = data_dir / "postgres.log"
        self.sockets = default_socket_folder(data_dir)
        self.process: psutil.Process | None = None

    def start(self, stopping: Stopping) -> None:
        """
        1. Take over a server whose owner was killed.
        2. Else clear what a killed server left, and launch a new one.
        3. See to it that our role and our database are there.
        """
        account = database_account(cluster_folder(self.data_dir))
        programs = find_programs(account)
        folder = ready_folder(self.data_dir, programs, account)
        self.process = find_postmaster(self.data_dir, folder)
        if self.process and self.take_over(self.process, stopping):
            say("Took over the database that was still running.")
        else:
            self.sockets = default_socket_folder(self.data_dir)
            sockets.make_private(self.sockets, account)
            end_orphans(folder)
            forget_killed_server(self.data_dir, folder, self.sockets)
            self.launch(folder, programs, account, stopping)
        self.make_database()

    def take_over(self, process: psutil.Process, stopping: Stopping) -> bool:
        """False where it was just ending."""
        self.sockets = running_socket_folder(self.data_dir) or self.sockets
        return wait_until_answering(process, self.sockets, stopping)

    def launch(
        self, folder: Path, programs: Path, account: Account | None, stopping: Stopping
    ) -> None:
        options = server_options(folder, self.sockets, throwaway=self.throwaway)
        command = [str(programs / "postgres"), *options]
        for _ in range(LAUNCHES):
            written_before = self.log.stat().st_size if self.log.exists() else 0
            self.process = self.spawn(command, account)
            if wait_until_answering(self.process, self.sockets, stopping):
                return
            reap(self.process)
            said = self.read_log(written_before)
            if MEMORY_IN_USE not in said:
                break
            time.sleep(1)  # the last backend of a killed server is about to end
        lines = "\n".join(said.splitlines()[-LOG_LINES_TOLD:])
        raise Trouble(f"The database did not start; {self.log} ends with:\n{lines}")

    def spawn(self, command: list[str], account: Account | None) -> psutil.Popen:
        with open(self.log, "ab", opener=private_file) as log:
            return psutil.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env={"LC_ALL": "C", "PATH": os.defpath},
                # Ctrl-C in the terminal is for us; we stop the database last.
                start_new_session=True,
                **(account.options() if account else {}),
            )

    def read_log(self, start: int) -> str:
        with open(self.log, "rb") as log:
            log.seek(start)
            return log.read().decode("utf-8", "replace")

    def make_database(self) -> None:
        """The role may make databases (tests do), and is no superuser."""
        with connect_as_superuser(self.sockets) as connection:
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
        return self.process is not None and is_alive(self.process)

    def trim_log(self) -> None:
        """The server appends, so its file may be emptied under it."""
        if self.log.exists() and self.log.stat().st_size > LOG_LIMIT:
            shutil.copyfile(self.log, self.log.with_name("postgres.log.1"))
            os.truncate(self.log, 0)

    def stop(self) -> None:
        if self.process is not None:
            stop_postmaster(self.process)
            reap(self.process)
        sockets.remove(self.sockets)


def private_file(path: str, flags: int) -> int:
    return os.open(path, flags, mode=0o600)
