"""Lock a data folder, so that only one Zelto runs on it."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from web.private_files import open_private_file
from zelto.embedded.data_folder import close_data_directory
from zelto.embedded.errors import StartupError
from zelto.embedded.host import make_data_directory


@contextmanager
def data_directory_lock(data_dir: Path) -> Iterator[None]:
    """Own the data folder while a block of code runs; make it where there is none.

    The kernel drops the lock with its process, however that ends.

    Raises:
        StartupError: another process owns it, or other accounts can read it and it is
            not ours to close.
    """
    make_data_directory(data_dir)
    close_data_directory(data_dir)
    with open(
        data_dir / "owner.lock", "a+", encoding="ascii", opener=open_private_file
    ) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise StartupError(
                f"Zelto is already running on {data_dir} (process "
                f"{file.read().strip()}). Stop it first, or set another ZELTO_DATA_DIR."
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
