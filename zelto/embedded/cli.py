"""Read the command line of `python -m zelto.embedded`, and do what it says."""

import argparse
import os
import signal
import subprocess
import sys
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from zelto.embedded.errors import StartupError
from zelto.embedded.host import print_line
from zelto.embedded.lock import data_directory_lock
from zelto.embedded.parent_death import terminate_on_parent_death
from zelto.embedded.postgres import running_database
from zelto.embedded.shutdown import (
    POLL_SECONDS,
    ShutdownListener,
    ShutdownRequested,
)
from zelto.embedded.stack import Stack
from zelto.env import data_directory
from zelto.public_config import check_public_config


def main() -> int:
    """Do what the command line says; return the exit code."""
    # A log line that this terminal cannot show must not end the stack.
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    arguments = parse_arguments()
    shutdown = ShutdownListener()
    shutdown.listen()
    try:
        data_dir = (arguments.data_dir or data_directory()).absolute()
        if arguments.action == "run":
            check_public_config(data_dir)
            stack = Stack(data_dir, arguments.processes, shutdown)
            return stack.run(throwaway=arguments.throwaway)
        return run_command(
            arguments.command, data_dir, shutdown, throwaway=arguments.throwaway
        )
    except ShutdownRequested:
        print_line("Stopped.")
        return 0 if arguments.action == "run" else 1
    except (StartupError, ImproperlyConfigured) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except PermissionError as error:
        sys.stderr.write(f"{error.filename} cannot be used: {error.strerror}.\n")
        return 1


def parse_arguments() -> argparse.Namespace:
    """Return the arguments of the command line; `action` is `run` or `exec`."""
    parser = argparse.ArgumentParser(
        prog="python -m zelto.embedded",
        description="Starts the database that comes with Zelto (or, with DATABASE_URL, "
        "uses that one), does something with it, and stops it again.",
    )
    parser.add_argument(
        "--data-dir",
        type=Path,
        help="where everything is kept (ZELTO_DATA_DIR, or var in the checkout)",
    )
    parser.add_argument(
        "--throwaway",
        action="store_true",
        help="faster, but a power cut ruins the data: for tests",
    )
    actions = parser.add_subparsers(dest="action", required=True)
    run = actions.add_parser("run", help="the processes of the Procfile")
    run.add_argument("processes", nargs="*", help="only these")
    command = actions.add_parser("exec", help="one command, in the foreground")
    command.add_argument("command", nargs=argparse.REMAINDER)
    return parser.parse_args()


def run_command(
    command: list[str], data_dir: Path, shutdown: ShutdownListener, *, throwaway: bool
) -> int:
    """Run one command in the foreground while the database is up; return its exit code.

    Raises:
        StartupError: there is no such program, or no database.
        ShutdownRequested: a signal came before the command was there to get it.
    """
    with (
        data_directory_lock(data_dir),
        running_database(data_dir, shutdown, throwaway=throwaway),
    ):
        environment = os.environ | {"ZELTO_DATA_DIR": str(data_dir)}
        try:
            child = subprocess.Popen(  # noqa: S603 - the operator's own command
                command, env=environment, preexec_fn=terminate_on_parent_death()
            )
        except FileNotFoundError:
            raise StartupError(f"There is no program {command[0]}.") from None
        return wait_for_command(child, shutdown)


def wait_for_command(child: subprocess.Popen[bytes], shutdown: ShutdownListener) -> int:
    """Return the exit code of a command, which itself decides what a signal means."""
    while True:
        try:
            code = child.wait(timeout=POLL_SECONDS)
        except subprocess.TimeoutExpired:
            forward_signal(child, shutdown)
            continue
        return code if code >= 0 else 128 - code


def forward_signal(child: subprocess.Popen[bytes], shutdown: ShutdownListener) -> None:
    """Send a signal that came to us on to the command, once."""
    number, shutdown.received = shutdown.received, None
    # A terminal's Ctrl-C reached the child already, and twice means something else.
    if number is None or (number == signal.SIGINT and sys.stdin.isatty()):
        return
    child.send_signal(number)
