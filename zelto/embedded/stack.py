"""`make run`: everything, until it is asked to stop or one of its processes ends."""

import os
import sys
import time
from pathlib import Path

from zelto.embedded.errors import Trouble
from zelto.embedded.leftover_processes import end, mark, marked
from zelto.embedded.lock import database, owning
from zelto.embedded.output import say
from zelto.embedded.parent_death import adopt_grandchildren
from zelto.embedded.postgres import Cluster
from zelto.embedded.procfile import GRACE, Processes, read_procfile
from zelto.embedded.ready import WebAddress
from zelto.embedded.shutdown import Stopping
from zelto.embedded.steps import Step
from zelto.env import CHECKOUT

READY_WITHIN = 120.0  # seconds
TRIM_LOG_EVERY = 60.0


class Stack:
    def __init__(self, data_dir: Path, wanted: list[str], stopping: Stopping) -> None:
        self.data_dir = data_dir
        self.stopping = stopping
        self.web = WebAddress.from_environment()
        self.processes = Processes(read_procfile(CHECKOUT / "Procfile", wanted))
        self.environment = {
            **os.environ,
            **mark(data_dir),
            "ZELTO_DATA_DIR": str(data_dir),
            "ZELTO_BIND": self.web.bind,
            "PORT": str(self.web.port),
            # The Procfile says `python`, and means the one that runs us.
            "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}",
            "PYTHONUNBUFFERED": "1",
        }

    def run(self, *, throwaway: bool) -> int:
        """
        1. Become the only owner, and end what a killed owner left behind.
        2. Start the database; bring its tables and the static files up to date.
        3. Start the processes; watch until somebody or one of them ends it.
        4. Stop the processes in their order, then the database.
        """
        adopt_grandchildren()
        with owning(self.data_dir):
            end(marked(self.data_dir), GRACE)
            if self.serves_web:
                self.web.check_free()
            with database(self.data_dir, self.stopping, throwaway=throwaway) as cluster:
                try:
                    self.prepare()
                    self.processes.start(CHECKOUT, self.environment)
                    return self.watch(cluster)
                finally:
                    self.processes.stop()
                    end(marked(self.data_dir), GRACE)

    @property
    def serves_web(self) -> bool:
        return "web" in self.processes.commands

    def prepare(self) -> None:
        """Both at once: neither waits for the other's result."""
        steps = [
            Step(self.environment, "migrate", "--no-input", "--verbosity=0"),
            Step(self.environment, "collectstatic", "--no-input", "--verbosity=0"),
        ]
        for step in steps:
            step.finish(self.stopping)

    def watch(self, cluster: Cluster | None) -> int:
        self.wait_until_ready(cluster)
        trim_at = time.monotonic()
        while self.all_alive(cluster):
            self.stopping.pause()
            if cluster and time.monotonic() > trim_at:
                cluster.trim_log()
                trim_at += TRIM_LOG_EVERY
        return 1

    def wait_until_ready(self, cluster: Cluster | None) -> None:
        give_up_at = time.monotonic() + READY_WITHIN
        while self.serves_web and not self.web.answers():
            self.stopping.pause()
            if not self.all_alive(cluster):
                return
            if time.monotonic() > give_up_at:
                raise Trouble(
                    "The web process does not answer, or only with errors; its lines "
                    "above may say why."
                )
        say(f"Ready: {self.web.public}" if self.serves_web else "Ready.")
        self.tell_first_owner()

    def tell_first_owner(self) -> None:
        try:
            link = Step(self.environment, "first_owner_link").finish(self.stopping)
        except Trouble as trouble:
            say(str(trouble))  # no reason to end what is up and answers
            return
        if link:
            say(f"The first owner signs up here, once: {link}")

    def all_alive(self, cluster: Cluster | None) -> bool:
        ended = self.processes.first_ended()
        if ended:
            say(f"The process {ended.name} ended by itself: {ended.how_it_ended()}.")
            return False
        if cluster and not cluster.is_alive():
            say(f"The database ended by itself; {cluster.log} may say why.")
            return False
        return True
