"""Processes of this data folder: told by a mark in their environment, ended for good."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import psutil

from zelto.embedded.errors import Trouble
from zelto.embedded.parent_death import reap
from zelto.embedded.postmaster import is_alive, signal_process
from zelto.embedded.shutdown import wait_until

MARK = "ZELTO_STACK"
KILL_LASTS = 5.0  # seconds


def mark(data_dir: Path) -> dict[str, str]:
    return {MARK: str(data_dir.resolve())}


def marked(data_dir: Path) -> list[psutil.Process]:
    """Whatever their parents are by now, but for ourselves and our own parents."""
    wanted = str(data_dir.resolve())
    us = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    return select(
        lambda process: process.pid not in us and process.environ().get(MARK) == wanted
    )


def group_of(leader: int) -> list[psutil.Process]:
    """A group outlives its leader, and nobody else can get its number meanwhile."""
    return select(lambda process: os.getpgid(process.pid) == leader)


def select(wanted: Callable[[psutil.Process], bool]) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                continue
            if wanted(process):
                found.append(process)
        except (psutil.Error, ProcessLookupError, PermissionError):
            continue  # ended meanwhile, or another user's
    return found


def end(processes: list[psutil.Process], grace: float) -> None:
    """Asks, waits, kills, and waits again."""
    for number, seconds in ((signal.SIGTERM, grace), (signal.SIGKILL, KILL_LASTS)):
        for process in processes:
            signal_process(process, number)
        if wait_until(lambda: not any(map(is_alive, processes)), seconds):
            break
    else:
        numbers = ", ".join(str(process.pid) for process in processes)
        raise Trouble(f"Some processes do not end, even when killed: {numbers}.")
    for process in processes:
        reap(process)
