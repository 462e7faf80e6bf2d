"""A Postgres beside the stack, as DATABASE_URL names one: to stop, kill and start again
while web and worker stay up.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlencode

from tests.zelto.stack import open_folder
from zelto.embedded.leftover_processes import end_postgres_processes, postgres_processes
from zelto.embedded.postgres import Cluster
from zelto.embedded.postgres_config import connection_parameters, default_socket_folder
from zelto.embedded.shutdown import ShutdownListener


class OwnServer:
    """A Postgres of a test. data_dir: where its data is, if not in a folder of its own."""

    def __init__(self, data_dir: Path | None = None) -> None:
        self.folder = open_folder()
        self.data_dir = data_dir or self.folder / "data"
        self.data_dir.mkdir(mode=0o711, exist_ok=True)

    def __enter__(self) -> Self:
        self.start()
        parts = connection_parameters(self.data_dir)
        name = parts.pop("dbname")
        self.url = f"postgres:///{name}?{urlencode(parts)}"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        end_postgres_processes(self.cluster_folder)
        shutil.rmtree(default_socket_folder(self.data_dir), ignore_errors=True)
        shutil.rmtree(self.folder)

    @property
    def cluster_folder(self) -> Path:
        return (self.data_dir / "postgres").resolve()

    def start(self) -> None:
        # Not `throwaway`: what was committed must outlast a kill as it does for people.
        self.cluster = Cluster(self.data_dir)
        self.cluster.start(ShutdownListener())

    def stop(self) -> None:
        """Stop it in order, as for an update of Postgres: all connections are closed."""
        self.cluster.stop()

    def kill9(self) -> None:
        """Kill all of its processes at once, as when its machine goes."""
        for process in postgres_processes(self.cluster_folder):
            process.kill()
        self.cluster.process.wait()  # type: ignore[union-attr]
