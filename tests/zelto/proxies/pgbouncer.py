"""Debian's PgBouncer in front of a Postgres of a test, handing out connections by the
transaction."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlencode

import psycopg

from tests.zelto.free_port import free_port
from tests.zelto.own_server import OwnServer
from tests.zelto.stack import open_folder, wait_for
from zelto.embedded.host import database_account
from zelto.embedded.postgres_config import (
    DATABASE,
    ROLE,
    cluster_folder,
    connection_parameters,
)

PROGRAM = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
# Few, so that clients share them from the first moment.
SERVERS = 6
CONFIG = """
[databases]
{database} = host={host} port={port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listen_port}
unix_socket_dir =
auth_type = trust
auth_file = {users}
pool_mode = transaction
default_pool_size = {servers}
max_client_conn = 200
{further}
"""


class PgBouncer:
    """A PgBouncer of a test. further: lines of its `[pgbouncer]` section."""

    def __init__(self, server: OwnServer, further: Mapping[str, object] = {}) -> None:
        self.server = server
        self.further = further
        self.port = free_port()
        self.folder = open_folder()
        self.account = database_account(cluster_folder(server.data_dir))
        self.url = f"postgres://{ROLE}@127.0.0.1:{self.port}/{DATABASE}"

    def __enter__(self) -> Self:
        try:
            self._write_config()
            self.start()
        except BaseException:
            shutil.rmtree(self.folder)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill9()
        shutil.rmtree(self.folder)

    def start(self) -> None:
        """Start it, and wait until a connection through it comes about.

        Raises:
            AssertionError: it does not start.
        """
        assert PROGRAM, "pgbouncer is missing: make proxies"
        options = self.account.subprocess_options() if self.account else {}
        with (self.folder / "pgbouncer.log").open("ab") as log:
            self.process = subprocess.Popen(  # noqa: S603 - Debian's, or the user's own
                [PROGRAM, str(self.folder / "pgbouncer.ini")],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                **options,
            )
        wait_for(self.answers, 20, what=f"PgBouncer answers; {self.log}")

    def answers(self) -> bool:
        try:
            psycopg.connect(self.url_of_a_client).close()
        except psycopg.OperationalError:
            return False
        return True

    @property
    def url_of_a_client(self) -> str:
        """Return an address that asks for TLS only where this one has it."""
        return f"{self.url}?sslmode=prefer"

    def kill9(self) -> None:
        self.process.kill()
        self.process.wait()

    @property
    def log(self) -> str:
        path = self.folder / "pgbouncer.log"
        return path.read_text("utf-8", "replace") if path.exists() else ""

    def _write_config(self) -> None:
        parts = connection_parameters(self.server.data_dir)
        users = self.folder / "users.txt"
        users.write_text(f'"{ROLE}" ""\n')
        users.chmod(0o644)
        config = self.folder / "pgbouncer.ini"
        further = "\n".join(f"{name} = {value}" for name, value in self.further.items())
        config.write_text(
            CONFIG.format(
                database=DATABASE,
                host=parts["host"],
                port=parts["port"],
                listen_port=self.port,
                users=users,
                servers=SERVERS,
                further=further,
            )
        )
        config.chmod(0o644)


def with_parameters(url: str, **parameters: str) -> str:
    """Return an address with parameters of libpq."""
    return f"{url}?{urlencode(parameters)}"


def readable_copy(file: Path, folder: Path) -> Path:
    """Return a copy of a file that PgBouncer's account may read."""
    copy = folder / file.name
    copy.write_bytes(file.read_bytes())
    copy.chmod(0o644)
    return copy
