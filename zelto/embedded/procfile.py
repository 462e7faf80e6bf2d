"""The processes of the Procfile: started together, stopped one after the other."""

import signal
import subprocess
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from honcho.colour import get_colours  # type: ignore[import-untyped]
from honcho.environ import parse_procfile  # type: ignore[import-untyped]
from honcho.printer import Message, Printer  # type: ignore[import-untyped]

from zelto.embedded.errors import Trouble
from zelto.embedded.leftover_processes import end, group_of
from zelto.embedded.output import Output, say
from zelto.embedded.parent_death import tie_to_parent
from zelto.embedded.shutdown import wait_until

# The web server gives its own workers 15 seconds to answer what they have begun.
GRACE = 20.0  # seconds
LEFTOVER_GRACE = 5.0
SPEAKING = threading.Lock()


def read_procfile(path: Path, wanted: list[str]) -> dict[str, str]:
    """In the order of the file, which is the order of stopping."""
    commands: dict[str, str] = parse_procfile(path.read_text("utf-8")).processes
    unknown = [name for name in wanted if name not in commands]
    if unknown:
        raise Trouble(f"The Procfile has no process {unknown[0]!r}.")
    return {n: c for n, c in commands.items() if not wanted or n in wanted}


@dataclass
class Running:
    name: str
    child: subprocess.Popen[bytes]
    colour: str

    def tell(self, printer: Printer) -> None:
        """Until the last process that holds the pipe has closed it."""
        assert self.child.stdout is not None  # noqa: S101 - Popen's type cannot say it
        for line in self.child.stdout:
            message = Message("line", line, datetime.now(), self.name, self.colour)  # noqa: DTZ005 - what the clock on the wall says
            with SPEAKING:
                printer.write(message)

    def stop(self) -> None:
        """First its head alone, which tells its own; then whatever is left of it."""
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)
            wait_until(lambda: self.child.poll() is not None, GRACE)
        end(group_of(self.child.pid), LEFTOVER_GRACE)
        self.child.wait()

    def how_it_ended(self) -> str:
        code = self.child.returncode
        if code < 0:
            return f"killed by {signal.Signals(-code).name}"
        return f"exit code {code}"


class Processes:
    def __init__(self, commands: dict[str, str]) -> None:
        self.commands = commands
        self.running: list[Running] = []

    def start(self, folder: Path, environment: Mapping[str, str]) -> None:
        colours = get_colours()
        for name, command in self.commands.items():
            child = subprocess.Popen(  # noqa: S602 - a line of our own Procfile
                command,
                shell=True,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                # Ctrl-C in the terminal is for us; and its group can be ended whole.
                start_new_session=True,
                preexec_fn=tie_to_parent(),
            )
            self.running.append(Running(name, child, next(colours)))
        printer = Printer(Output(), width=max(map(len, self.commands)))
        for running in self.running:
            threading.Thread(target=running.tell, args=[printer], daemon=True).start()

    def first_ended(self) -> Running | None:
        return next((r for r in self.running if r.child.poll() is not None), None)

    def stop(self) -> None:
        for running in self.running:
            say(f"Stopping {running.name}.")
            running.stop()
