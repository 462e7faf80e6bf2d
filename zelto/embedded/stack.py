"""Run everything, until it is asked to stop or one of its processes ends."""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from zelto.base_address import base_address
from zelto.embedded.errors import StartupError
from zelto.embedded.host import print_line
from zelto.embedded.leftover_processes import (
    end_processes,
    stack_environment,
    stack_processes,
)
from zelto.embedded.lock import data_directory_lock
from zelto.embedded.parent_death import become_subreaper, terminate_on_parent_death
from zelto.embedded.postgres import Cluster, running_database
from zelto.embedded.procfile import (
    STOP_TIMEOUT_SECONDS,
    ProcfileProcesses,
    read_procfile,
)
from zelto.embedded.shutdown import POLL_SECONDS, ShutdownListener
from zelto.env import CHECKOUT, env_int, env_text, web_threads

READY_TIMEOUT_SECONDS = 120.0
LOG_TRIM_INTERVAL_SECONDS = 60.0
RESPONSE_TIMEOUT_SECONDS = 5.0
LOOPBACK_OF_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - only compared


class Stack:
    """Run what `make run` starts on one data folder.

    names: processes of the Procfile; all of them where the list is empty.
    """

    def __init__(
        self, data_dir: Path, names: list[str], shutdown: ShutdownListener
    ) -> None:
        self.data_dir = data_dir
        self.shutdown = shutdown
        self.web = WebAddress.from_environment()
        self.processes = ProcfileProcesses(read_procfile(CHECKOUT / "Procfile", names))
        self.environment = {
            **os.environ,
            **stack_environment(data_dir),
            "ZELTO_DATA_DIR": str(data_dir),
            "ZELTO_BIND": self.web.bind,
            "PORT": str(self.web.port),
            "ZELTO_WEB_THREADS": str(web_threads()),
            # The Procfile says `python`, and means the one that runs us.
            "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}",
            "PYTHONUNBUFFERED": "1",
        }

    def run(self, *, throwaway: bool) -> int:
        """Return the exit code once one of the processes has ended by itself.

        1. Become the only owner, and end what a killed owner left behind.
        2. Start the database; bring its tables and the static files up to date.
        3. Start the processes; watch until somebody or one of them ends it.
        4. Stop the processes in their order, then the database.

        Raises:
            StartupError: something does not start, or does not end.
            ShutdownRequested: a stop was asked for; all is stopped by then.
        """
        become_subreaper()
        with data_directory_lock(self.data_dir):
            self.end_leftovers()
            if self.serves_web:
                self.web.check_free()
            with running_database(
                self.data_dir, self.shutdown, throwaway=throwaway
            ) as cluster:
                try:
                    prepare = ManagementCommand(self.environment, "prepare")
                    link = prepare.wait(self.shutdown)
                    self.processes.start(CHECKOUT, self.environment)
                    return self.watch(cluster, link)
                finally:
                    self.processes.stop()
                    self.end_leftovers()

    def end_leftovers(self) -> None:
        """End all processes of this data folder but ourselves.

        Raises:
            StartupError: some do not end.
        """
        end_processes(stack_processes(self.data_dir), STOP_TIMEOUT_SECONDS)

    @property
    def serves_web(self) -> bool:
        """Tell whether the web process is among them."""
        return "web" in self.processes.commands

    def watch(self, cluster: Cluster | None, first_owner_link: str) -> int:
        """Return exit code 1 once a process or the database has ended by itself.

        Raises:
            StartupError: the web process does not answer in time.
            ShutdownRequested: a stop was asked for.
        """
        self.wait_until_ready(cluster, first_owner_link)
        trim_at = time.monotonic()
        while self.all_alive(cluster):
            self.shutdown.pause()
            if cluster and time.monotonic() > trim_at:
                cluster.trim_log()
                trim_at += LOG_TRIM_INTERVAL_SECONDS
        return 1

    def wait_until_ready(self, cluster: Cluster | None, first_owner_link: str) -> None:
        """Say that all is ready once the web process answers; return where one ended.

        first_owner_link: where the first owner signs up, empty once there is one.

        Raises:
            StartupError: it does not answer within READY_TIMEOUT_SECONDS.
            ShutdownRequested: a stop was asked for meanwhile.
        """
        give_up_at = time.monotonic() + READY_TIMEOUT_SECONDS
        while self.serves_web and not self.web.answers():
            self.shutdown.pause()
            if not self.all_alive(cluster):
                return
            if time.monotonic() > give_up_at:
                raise StartupError(
                    "The web process does not answer, or only with errors; its lines "
                    "above may say why."
                )
        print_line(f"Ready: {self.web.public_url}" if self.serves_web else "Ready.")
        if first_owner_link:
            print_line(f"The first owner signs up here, once: {first_owner_link}")

    def all_alive(self, cluster: Cluster | None) -> bool:
        """Return whether all processes and the database run; say which one ended."""
        ended = self.processes.first_ended()
        if ended:
            how = ended.describe_exit()
            print_line(f"The process {ended.name} ended by itself: {how}.")
            return False
        if cluster and not cluster.is_alive():
            print_line(f"The database ended by itself; {cluster.log} may say why.")
            return False
        return True


class ManagementCommand:
    """Run a command of manage.py beside us, from the moment this is made."""

    def __init__(self, environment: Mapping[str, str], *command: str) -> None:
        self.name = command[0]
        self.child = subprocess.Popen(  # noqa: S603 - our own commands
            [sys.executable, "manage.py", *command],
            cwd=CHECKOUT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # Whoever presses Ctrl-C asks us; we end it.
            start_new_session=True,
            preexec_fn=terminate_on_parent_death(),
        )

    def wait(self, shutdown: ShutdownListener) -> str:
        """Return what it printed. One that is cut short is left to the stack to end.

        Raises:
            StartupError: it failed; the text has what it printed.
            ShutdownRequested: a stop was asked for meanwhile.
        """
        while True:
            shutdown.check()
            try:
                printed, errors = self.child.communicate(timeout=POLL_SECONDS)
            except subprocess.TimeoutExpired:
                continue
            if self.child.returncode != 0:
                raise StartupError(
                    f"`manage.py {self.name}` failed:\n{printed}{errors.strip()}"
                )
            return printed.strip()


@dataclass(frozen=True)
class WebAddress:
    """Say where the web process listens, and whether it answers there."""

    bind: str
    port: int
    public_url: str

    @classmethod
    def from_environment(cls) -> "WebAddress":
        """Read ZELTO_BIND, PORT and ZELTO_BASE_URL.

        Raises:
            ImproperlyConfigured: PORT is no number, or ZELTO_BASE_URL no address.
        """
        bind = env_text("ZELTO_BIND", "127.0.0.1")
        port = env_int("PORT", 8000, minimum=1)
        return cls(bind, port, str(base_address()))

    @property
    def local_host(self) -> str:
        """Return the name by which this machine itself reaches it."""
        return LOOPBACK_OF_ANY.get(self.bind, self.bind)

    def check_free(self) -> None:
        """Accept a port that nothing listens on.

        Raises:
            StartupError: the port cannot be used; the text says why.
        """
        family = socket.AF_INET6 if ":" in self.bind else socket.AF_INET
        with socket.socket(family) as probe:
            # Connections that just ended do not count, a server that listens does.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.bind, self.port))
            except OSError as error:
                raise StartupError(
                    f"Port {self.port} on {self.bind} cannot be used "
                    f"({os.strerror(error.errno or 0)}). Stop what uses it, or set "
                    "PORT or ZELTO_BIND."
                ) from None

    def answers(self) -> bool:
        """Return whether the web process answers, and not with a server error."""
        connection = http.client.HTTPConnection(
            self.local_host, self.port, timeout=RESPONSE_TIMEOUT_SECONDS
        )
        # The name that ALLOWED_HOSTS knows.
        name = urlsplit(self.public_url).netloc
        try:
            connection.request("GET", "/", headers={"Host": name})
            return connection.getresponse().status < 500
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()
