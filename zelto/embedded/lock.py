"""One owner per data folder, who has the database while a block of code runs."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from zelto.embedded.errors import Trouble
from zelto.embedded.location import make_data_directory
from zelto.embedded.postgres import Cluster
from zelto.embedded.shutdown import Stopping
from zelto.env import env_text


@contextmanager
def owning(data_dir: Path) -> Iterator[None]:
    """The kernel drops the lock with its process, however that ends."""
    make_data_directory(data_dir)
    with open(data_dir / "owner.lock", "a+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise Trouble(
                f"Zelto is already running on {data_dir} (process "
                f"{file.read().strip()}). Stop it first, or set another ZELTO_DATA_DIR."
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


@contextmanager
def database(
    data_dir: Path, stopping: Stopping, *, throwaway: bool = False
) -> Iterator[Cluster | None]:
    """None with DATABASE_URL, whose server is not ours to start or stop."""
    if env_text("DATABASE_URL"):
        yield None
        return
    cluster = Cluster(data_dir, throwaway=throwaway)
    try:
        cluster.start(stopping)
        yield cluster
    finally:
        cluster.stop()
