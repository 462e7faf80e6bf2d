"""The real stack for tests: what `make run` starts, on its own folder and a free port.

    with Stack() as stack:
        requests.get(stack.url)
        stack.manage("provision", "--organization", "Acme", ...)
        stack.kill9("postmaster")
        stack.wait_until_ended()
        stack.start()

With DATABASE_URL set it makes a database of its own on that server.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

from tests.zelto import filled_folder
from tests.zelto.free_port import free_port
from tests.zelto.scratch_database import ScratchDatabase
from zelto.embedded.leftover_processes import (
    end_postgres_processes,
    find_postmaster,
    is_alive,
    postgres_processes,
    process_group,
    stack_processes,
)
from zelto.embedded.postgres_config import cluster_folder, default_socket_folder

CHECKOUT = Path(__file__).resolve().parents[2]
START_LASTS = 60.0  # seconds
STOP_LASTS = 60.0
# What a developer's own `.env` may say must not reach these tests: empty is not set.
UNSET = dict.fromkeys(
    [
        *("ALLOWED_HOSTS", "CELERY_BROKER_URL", "DATABASE_URL", "DEBUG", "SECRET_KEY"),
        *("ZELTO_BIND", "ZELTO_BEHIND_PROXY", "ZELTO_OPEN_SIGNUP"),
        "ZELTO_METRICS_TOKEN",
        "ZELTO_WEB_THREADS",
        *("ZELTO_CA_BUNDLE", "ZELTO_TRANSACTION_POOLING", "ZELTO_PREPARE_STATEMENTS"),
        *("ZELTO_STT_ENGINE", "ZELTO_STT_MODEL", "ZELTO_STT_THREADS"),
    ],
    "",
)

# What takes posts and makes conversations of them; not what fetches recordings.
FOR_SESSIONS = ("web", "beat", "worker")
# What a killed worker held comes back after this many seconds, not after a minute.
SHORT_LEASE = {"ZELTO_LEASE_SECONDS": "3"}


def wait_for(
    condition: Callable[[], bool], seconds: float, *, what: str, pace: float = 0.05
) -> None:
    """Wait until the condition holds; look again every `pace` seconds.

    Raises:
        AssertionError: it does not within so many seconds; `what` says what did not.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"Not within {seconds:.0f} s: {what}")
        time.sleep(pace)


def open_folder() -> Path:
    """Return a new folder that the database's account may enter, unlike pytest's own
    folders.
    """
    folder = Path(tempfile.mkdtemp(prefix="zelto-test-"))
    folder.chmod(0o711)
    return folder


class Stack:
    """A stack of its own, which runs for the block of a `with`."""

    def __init__(
        self,
        *,
        processes: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        data_dir: Path | None = None,
        database_url: str | None = None,
        fresh: bool = False,
    ) -> None:
        """Choose folder, port and database; `fresh` is a folder where nobody was."""
        self.fresh = fresh or data_dir is not None
        self.folder = open_folder()
        self.data_dir = data_dir or self.folder / "data"
        self.processes = processes
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        server = os.environ.get("DATABASE_URL", "")
        self.scratch = (
            ScratchDatabase(server) if server and database_url is None else None
        )
        self.environment = {
            **os.environ,
            **UNSET,
            "PORT": str(self.port),
            "ZELTO_BASE_URL": self.url,
            "ZELTO_DATA_DIR": str(self.data_dir),
            "DATABASE_URL": self.scratch.url if self.scratch else database_url or "",
            **(environment or {}),
        }
        self.owner: subprocess.Popen[bytes] | None = None
        self.log_start = 0

    def __enter__(self) -> Self:
        try:
            if not self.fresh:
                filled_folder.copy_to(self.data_dir, self.environment)
            return self.start()
        except BaseException:
            self.clean_up()
            raise

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None:
            sys.stderr.write(f"--- what the stack said ---\n{self.log}\n")
        self.clean_up()

    def clean_up(self) -> None:
        """End it at once: a stop in order takes seconds, and has tests of its own."""
        try:
            self.kill()
        finally:
            link = cluster_folder(self.data_dir)
            if link.is_symlink():
                shutil.rmtree(link.resolve())
            shutil.rmtree(default_socket_folder(self.data_dir), ignore_errors=True)
            shutil.rmtree(self.folder)
            if self.scratch:
                self.scratch.drop()

    # Its life

    def start(self) -> Self:
        """Start it, and wait until it is ready.

        Raises:
            AssertionError: it did not start.
        """
        self.spawn()
        wait_for(self.is_ready_or_over, START_LASTS, what="the stack is ready")
        if not self.is_ready():
            raise AssertionError(f"The stack did not start:\n{self.log}")
        return self

    def spawn(self) -> None:
        """Start it without waiting for anything."""
        self.log_start = len(self.log)
        with open(self.folder / "output.log", "ab") as log:
            self.owner = subprocess.Popen(  # noqa: S603
                [sys.executable, "-m", "zelto.embedded", "run", *self.processes],
                cwd=CHECKOUT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def is_ready(self) -> bool:
        return bool(re.search("^Ready", self.log[self.log_start :], re.MULTILINE))

    def is_ready_or_over(self) -> bool:
        assert self.owner is not None
        return self.owner.poll() is not None or self.is_ready()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Stop it in order, and return the exit code."""
        assert self.owner is not None
        self.owner.send_signal(number)
        return self.wait_until_ended()

    def kill(self) -> None:
        """Kill all of it: the owner first, so that it ends nobody else; the database so
        that it leaves no shared memory behind.
        """
        if self.owner is not None:
            self.owner.kill()
            self.owner.wait(STOP_LASTS)
        others = stack_processes(self.data_dir)
        for process in others:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(others, STOP_LASTS)
        end_postgres_processes(self.cluster_folder)

    def wait_until_ended(self) -> int:
        """Wait until it has ended, and return the exit code.

        Raises:
            AssertionError: it does not within `STOP_LASTS` seconds.
        """
        assert self.owner is not None
        try:
            return self.owner.wait(STOP_LASTS)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"The stack does not end:\n{self.log}") from None

    # What it is made of

    def pids(self) -> dict[str, list[int]]:
        """Return the process ids by role: owner, web, web-worker, beat, worker, media,
        postmaster.
        """
        assert self.owner is not None
        found = {"owner": [self.owner.pid]}
        for process in psutil.Process(self.owner.pid).children():
            role = role_of(process)
            if role:
                found[role] = [process.pid]
        if "web" in found:
            (master,) = found["web"]
            found["web-worker"] = [
                process.pid
                for process in process_group(master)
                if process.pid != master
            ]
        postmaster = find_postmaster(self.data_dir, self.cluster_folder)
        if postmaster:
            found["postmaster"] = [postmaster.pid]
        return found

    @property
    def cluster_folder(self) -> Path:
        return cluster_folder(self.data_dir).resolve()

    def wait_for_role(self, role: str) -> None:
        """Wait until a process of this role runs, or the stack has ended."""
        assert self.owner is not None
        owner = self.owner

        def is_there() -> bool:
            with suppress(psutil.NoSuchProcess):
                return owner.poll() is not None or role in self.pids()
            return False

        wait_for(is_there, START_LASTS, what=f"{role} is there")

    def kill9(self, role: str) -> int:
        """Kill the first process of this role, and return its id."""
        pid = self.pids()[role][0]
        os.kill(pid, signal.SIGKILL)
        return pid

    def everything(self) -> list[psutil.Process]:
        """Return every process of this stack that lives, whatever its parent is by now."""
        found = [
            *stack_processes(self.data_dir),
            *postgres_processes(self.cluster_folder),
        ]
        if self.owner is not None and self.owner.poll() is None:
            found.append(psutil.Process(self.owner.pid))
        return found

    # What it says

    @property
    def log(self) -> str:
        path = self.folder / "output.log"
        return path.read_text("utf-8", "replace") if path.exists() else ""

    def manage(self, *command: str) -> str:
        """Run a command of manage.py beside the stack, and return what it printed.

        Raises:
            AssertionError: it failed.
        """
        result = subprocess.run(  # noqa: S603
            [sys.executable, "manage.py", *command],
            cwd=CHECKOUT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
        )
        if result.returncode != 0:
            raise AssertionError(
                f"manage.py {' '.join(command)} failed:\n{result.stderr}\n{self.log}"
            )
        return result.stdout


def role_of(process: psutil.Process) -> str | None:
    """Return the name of a process of the Procfile, by the command that its line runs."""
    if not is_alive(process):
        return None
    words = process.cmdline()
    if "granian" in words:
        return "web"
    if "media@localhost" in words:
        return "media"
    return next((word for word in ("beat", "worker") if word in words), None)
