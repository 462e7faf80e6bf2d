"""Postgres processes of one cluster, told by the folder that they work in.

A number in postmaster.pid proves nothing: its process may be a zombie, or after a
restart of the machine a stranger. Each Postgres process works in its cluster's folder.
"""

import signal
import time
from pathlib import Path

import psutil
import psycopg

from zelto.embedded.errors import Trouble
from zelto.embedded.location import PID_LINE, PORT, postmaster_lines
from zelto.embedded.output import say
from zelto.embedded.shutdown import Stopping, wait_until

ORPHANS_LAST = 30.0  # seconds
SHUTDOWN_LASTS = 60.0
ABORT_LASTS = 15.0
TELL_EVERY = 10.0


def processes_in(folder: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if process.name() == "postgres" and process.cwd() == str(folder):
                found.append(process)
        except psutil.Error:
            continue  # ended meanwhile, a zombie, or another user's
    return found


def find_postmaster(data_dir: Path, folder: Path) -> psutil.Process | None:
    lines = postmaster_lines(data_dir)
    number = lines[PID_LINE].strip() if lines else ""
    for process in processes_in(folder):
        if str(process.pid) == number:
            return process
    return None


def is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def end_orphans(folder: Path) -> None:
    """Backends whose postmaster was killed hold its memory until they notice."""
    orphans = processes_in(folder)
    for process in orphans:
        signal_process(process, signal.SIGQUIT)
    if not wait_until(lambda: not any(map(is_alive, orphans)), ORPHANS_LAST):
        numbers = ", ".join(str(process.pid) for process in orphans)
        raise Trouble(
            f"Processes of an earlier database do not end: {numbers}. End them, then "
            "start again."
        )


def forget_killed_server(data_dir: Path, folder: Path, sockets: Path) -> None:
    """Postgres would refuse to start for any process with the number in its files,
    be it a zombie or, after a restart of the machine, a stranger.

    Only after `end_orphans`: as long as backends live, postmaster.pid is what keeps a
    second server from their memory.
    """
    for leftover in sockets.glob(".s.PGSQL.*"):
        leftover.unlink(missing_ok=True)
    lines = postmaster_lines(data_dir)
    number = lines[PID_LINE].strip() if lines else ""
    if number.isdigit() and psutil.pid_exists(int(number)):
        (folder / "postmaster.pid").unlink(missing_ok=True)


def wait_until_answering(
    process: psutil.Process, sockets: Path, stopping: Stopping
) -> bool:
    """As long as the process lives: recovery after a crash may take minutes."""
    tell_at = time.monotonic() + TELL_EVERY
    while is_alive(process):
        if answers(sockets):
            return True
        if time.monotonic() > tell_at:
            say("The database is still starting; it may be recovering.")
            tell_at += TELL_EVERY
        stopping.pause()
    return False


def answers(sockets: Path) -> bool:
    try:
        connect_as_superuser(sockets).close()
    except psycopg.OperationalError:
        return False
    return True


def connect_as_superuser(sockets: Path) -> psycopg.Connection:
    return psycopg.connect(
        host=str(sockets),
        port=PORT,
        user="postgres",
        dbname="postgres",
        connect_timeout=5,
        autocommit=True,
    )


def stop_postmaster(process: psutil.Process) -> None:
    """First in order, then at once; the log makes good what was cut off."""
    for number, seconds in (
        (signal.SIGINT, SHUTDOWN_LASTS),
        (signal.SIGQUIT, ABORT_LASTS),
    ):
        signal_process(process, number)
        if wait_until(lambda: not is_alive(process), seconds):
            return
    raise Trouble(f"The database (process {process.pid}) does not end.")


def signal_process(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return
