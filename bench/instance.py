"""The Zelto that is measured: what `make run` starts, on a data folder of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import psutil
import psycopg

from bench.errors import BenchError
from zelto.embedded.host import make_data_directory
from zelto.embedded.leftover_processes import (
    end_postgres_processes,
    end_processes,
    postgres_processes,
    stack_processes,
)
from zelto.embedded.parent_death import terminate_on_parent_death
from zelto.embedded.postgres_config import cluster_folder, connection_parameters
from zelto.env import CHECKOUT

START_LASTS = 120.0  # seconds
# The stack asks each of its processes for twenty seconds before it kills.
STOP_LASTS = 120.0
KILL_LASTS = 5.0
TRUNCATE_TRIES = 5
PASSWORD = "a long walk by the river"  # noqa: S105 - of an instance that is thrown away
# What the environment or `.env` says about another instance; empty is not set.
UNSET = dict.fromkeys(
    [
        *("ALLOWED_HOSTS", "CELERY_BROKER_URL", "DATABASE_URL", "DEBUG", "SECRET_KEY"),
        *("ZELTO_BIND", "ZELTO_BEHIND_PROXY", "ZELTO_MAX_BODY_BYTES"),
        *("ZELTO_LEASE_SECONDS", "ZELTO_RATE_PER_MINUTE"),
    ],
    "",
)


@dataclass(frozen=True, slots=True)
class Tenant:
    """An organization with its owner and a key, as `manage.py provision` made them."""

    slug: str
    email: str
    key: str


def free_port() -> int:
    """Return a port of this machine that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def rows_of(cursor: psycopg.Cursor[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Return the rows of a statement that was executed; none where it has none to give."""
    return [] if cursor.description is None else cursor.fetchall()


class Instance:
    """One Zelto in a folder, with its port, its environment and its log."""

    def __init__(
        self,
        folder: Path,
        *,
        checkout: Path = CHECKOUT,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        """Choose a port, and the code that runs.

        checkout: a work tree; another than ours has a `.venv` of its own.
        settings: variables of its environment.
        """
        self.checkout = checkout
        own = checkout / ".venv" / "bin" / "python"
        self.python = sys.executable if checkout == CHECKOUT else str(own)
        self.folder = folder
        self.data_dir = folder / "data"
        self.log = folder / "output.log"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {
            **os.environ,
            **UNSET,
            "PORT": str(self.port),
            "ZELTO_BASE_URL": self.url,
            "ZELTO_DATA_DIR": str(self.data_dir),
            **(settings or {}),
        }
        self.owner: subprocess.Popen[bytes] | None = None

    @contextmanager
    def running(self, *processes: str) -> Iterator[None]:
        """Run these processes of the Procfile for the block; all, where none is named.

        Raises:
            BenchError: it did not start within `START_LASTS` seconds.
        """
        with open(self.log, "ab") as log:
            self.owner = subprocess.Popen(
                [self.python, "-m", "zelto.embedded", "run", *processes],
                cwd=self.checkout,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=terminate_on_parent_death(),
            )
        try:
            self._wait_until_ready()
            yield
        finally:
            self._stop()

    def _stop(self) -> None:
        """Have it stop in order; whatever does not is killed, by its number."""
        assert self.owner is not None  # noqa: S101 - `running` has set it
        self.owner.send_signal(signal.SIGTERM)
        try:
            self.owner.wait(STOP_LASTS)
        except subprocess.TimeoutExpired:
            self.owner.kill()
            self.owner.wait()
            end_processes(stack_processes(self.data_dir), KILL_LASTS)
            end_postgres_processes(cluster_folder(self.data_dir).resolve())

    def _wait_until_ready(self) -> None:
        assert self.owner is not None  # noqa: S101 - `running` has just set it
        before = self._output().count("Ready: ")
        give_up_at = time.monotonic() + START_LASTS
        while self._output().count("Ready: ") == before:
            if self.owner.poll() is not None or time.monotonic() > give_up_at:
                raise BenchError(f"Zelto did not start:\n{self._output()[-4000:]}")
            time.sleep(0.1)

    def _output(self) -> str:
        return self.log.read_text("utf-8", "replace")

    # What is requested of it

    def provision(self, name: str, *, scope: str = "full") -> Tenant:
        """Make an organization with an owner and a key of this scope.

        Raises:
            BenchError: the command failed.
        """
        email = f"{name.lower()}@example.org"
        printed = self.manage(
            *("provision", "--organization", name, "--email", email),
            *("--password", PASSWORD, "--key-name", "bench", "--key-scope", scope),
        )
        made = json.loads(printed.strip().splitlines()[-1])
        return Tenant(made["slug"], email, made["apiKey"])

    def manage(self, *command: str, **environment: str) -> str:
        """Run a command of `manage.py`, and return what it printed.

        Raises:
            BenchError: the command failed.
        """
        result = subprocess.run(
            [self.python, "manage.py", *command],
            cwd=self.checkout,
            env=self.environment | environment,
            capture_output=True,
            text=True,
        )
        if result.returncode != 0:
            raise BenchError(f"manage.py {command[0]} failed:\n{result.stderr}")
        return result.stdout

    def execute(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Return the rows of one statement, committed; an INSERT's where it returns
        some.
        """
        with psycopg.connect(
            autocommit=True, **connection_parameters(self.data_dir)
        ) as connection:
            return rows_of(connection.execute(statement.encode(), values or None))

    def seal(self, place: int, organization_id: UUID) -> str:
        """Return the cursor of a place in the log, made with this instance's secret key.

        Raises:
            BenchError: the command failed.
        """
        code = (
            "from uuid import UUID; from api.sealed_cursor import seal; "
            f"print(seal({place}, UUID('{organization_id}')))"
        )
        return self.manage("shell", "--no-imports", "--command", code).strip()

    def database_settings(self) -> dict[str, str]:
        """Return the settings of the database on which figures depend."""
        return dict(
            self.execute(
                "SELECT name, current_setting(name) FROM pg_settings WHERE name IN "
                "('fsync', 'full_page_writes', 'server_version', 'shared_buffers', "
                "'synchronous_commit', 'wal_level')"
            )
        )

    def forget_sessions(self) -> None:
        """Delete all sessions; tenants and their keys stay.

        Raises:
            BenchError: a lock on the tables was not released.
        """
        for _ in range(TRUNCATE_TRIES):
            with suppress(psycopg.errors.DeadlockDetected):  # with a vacuum
                self.execute(
                    "TRUNCATE integrations_delivery, conversations_agent, "
                    "conversations_charge CASCADE"
                )
                return
        raise BenchError("The tables could not be emptied; something holds them.")

    # What it is made of

    def processes(self) -> list[psutil.Process]:
        """Return all processes: the owner, web, beat, worker, and Postgres's."""
        owners = [psutil.Process(self.owner.pid)] if self.owner else []
        return owners + self._others()

    def _others(self) -> list[psutil.Process]:
        cluster = cluster_folder(self.data_dir).resolve()
        return [*stack_processes(self.data_dir), *postgres_processes(cluster)]


@contextmanager
def empty_instance(
    folder: Path,
    *,
    checkout: Path = CHECKOUT,
    settings: Mapping[str, str] | None = None,
) -> Iterator[Instance]:
    """Make an instance on a new folder, and delete all that is in it after the block."""
    remove(folder)
    make_data_directory(folder)
    try:
        yield Instance(folder, checkout=checkout, settings=settings)
    finally:
        remove(folder)


def remove(folder: Path) -> None:
    """Delete the folder of an instance, and its cluster where that lies elsewhere.

    Raises:
        BenchError: its database still runs.
    """
    # Root's cluster may lie elsewhere, with a link to it here.
    cluster = cluster_folder(folder / "data")
    if postgres_processes(cluster.resolve()):
        raise BenchError(f"A database still runs on {folder}; end it first.")
    if cluster.is_symlink():
        shutil.rmtree(cluster.resolve(), ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)
