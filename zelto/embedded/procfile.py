"""Start the processes of the Procfile together, and stop them one after the other."""

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

from zelto.embedded.errors import StartupError
from zelto.embedded.host import Output, print_line
from zelto.embedded.leftover_processes import end_processes, process_group
from zelto.embedded.parent_death import terminate_on_parent_death
from zelto.embedded.shutdown import wait_until

# The web server gives its own workers 15 seconds to answer what they have begun.
STOP_TIMEOUT_SECONDS = 20.0
LEFTOVER_GRACE_SECONDS = 5.0
OUTPUT_LOCK = threading.Lock()


def read_procfile(path: Path, names: list[str]) -> dict[str, str]:
    """Return the commands of the named processes, of all where none is named, by name.

    They are in the order of the file, which is the order of stopping.

    Raises:
        StartupError: the file has no process of such a name.
    """
    commands: dict[str, str] = parse_procfile(path.read_text("utf-8")).processes
    unknown = [name for name in names if name not in commands]
    if unknown:
        raise StartupError(f"The Procfile has no process {unknown[0]!r}.")
    return {n: c for n, c in commands.items() if not names or n in names}


@dataclass
class ProcfileProcess:
    """Stop one process of the Procfile, and pass its output on."""

    name: str
    child: subprocess.Popen[bytes]
    colour: str

    def forward_output(self, printer: Printer) -> None:
        """Print each line, until the last process that holds the pipe has closed it."""
        assert self.child.stdout is not None  # noqa: S101 - Popen's type cannot say it
        for line in self.child.stdout:
            message = Message("line", line, datetime.now(), self.name, self.colour)  # noqa: DTZ005 - what the clock on the wall says
            with OUTPUT_LOCK:
                printer.write(message)

    def stop(self) -> None:
        """Stop its head alone, which tells its own; then end whatever is left of it.

        Raises:
            StartupError: something of it does not end.
        """
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)
            wait_until(lambda: self.child.poll() is not None, STOP_TIMEOUT_SECONDS)
        end_processes(process_group(self.child.pid), LEFTOVER_GRACE_SECONDS)
        self.child.wait()

    def describe_exit(self) -> str:
        """Return how an ended process ended, as the operator reads it."""
        code = self.child.returncode
        if code < 0:
            return f"killed by {signal.Signals(-code).name}"
        return f"exit code {code}"


class ProcfileProcesses:
    """Start and stop these processes.

    commands: what `read_procfile` returns.
    """

    def __init__(self, commands: dict[str, str]) -> None:
        self.commands = commands
        self.running: list[ProcfileProcess] = []

    def start(self, folder: Path, environment: Mapping[str, str]) -> None:
        """Start all of them in this folder, and print what they write."""
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
                preexec_fn=terminate_on_parent_death(),
            )
            self.running.append(ProcfileProcess(name, child, next(colours)))
        printer = Printer(Output(), width=max(map(len, self.commands)))
        for process in self.running:
            threading.Thread(
                target=process.forward_output, args=[printer], daemon=True
            ).start()

    def first_ended(self) -> ProcfileProcess | None:
        """Return the first, in their order, that has ended; None while all run."""
        return next((p for p in self.running if p.child.poll() is not None), None)

    def stop(self) -> None:
        """Stop them one after the other, in the order of the Procfile.

        Raises:
            StartupError: something of them does not end.
        """
        for process in self.running:
            print_line(f"Stopping {process.name}.")
            process.stop()
