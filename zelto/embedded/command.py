"""Runs one command in the foreground while the database is up: tests, a shell."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from zelto.embedded.errors import Trouble
from zelto.embedded.lock import database, owning
from zelto.embedded.parent_death import tie_to_parent
from zelto.embedded.shutdown import LOOK_EVERY, Stopping


def run_command(
    command: list[str], data_dir: Path, stopping: Stopping, *, throwaway: bool
) -> int:
    with owning(data_dir), database(data_dir, stopping, throwaway=throwaway):
        environment = os.environ | {"ZELTO_DATA_DIR": str(data_dir)}
        try:
            child = subprocess.Popen(  # noqa: S603 - the operator's own command
                command, env=environment, preexec_fn=tie_to_parent()
            )
        except FileNotFoundError:
            raise Trouble(f"There is no program {command[0]}.") from None
        return wait_for(child, stopping)


def wait_for(child: subprocess.Popen[bytes], stopping: Stopping) -> int:
    """It decides itself what a signal means; the database goes after it."""
    while True:
        try:
            code = child.wait(timeout=LOOK_EVERY)
        except subprocess.TimeoutExpired:
            pass_on(child, stopping)
            continue
        return code if code >= 0 else 128 - code


def pass_on(child: subprocess.Popen[bytes], stopping: Stopping) -> None:
    number, stopping.requested = stopping.requested, None
    # A terminal's Ctrl-C reached the child already, and twice means something else.
    if number is None or (number == signal.SIGINT and sys.stdin.isatty()):
        return
    child.send_signal(number)
