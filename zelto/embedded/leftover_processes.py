"""Find processes by what they belong to, whoever started them, and end them."""

import os
import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil

from zelto.embedded.errors import StartupError
from zelto.embedded.postgres_config import PID_FILE, PID_LINE, read_pid_file
from zelto.embedded.shutdown import wait_until

STACK_VARIABLE = "ZELTO_STACK"
KILL_TIMEOUT_SECONDS = 5.0
POSTGRES_QUIT_TIMEOUT_SECONDS = 30.0


def stack_environment(data_dir: Path) -> dict[str, str]:
    """Return what tells the processes of a data folder from all others."""
    return {STACK_VARIABLE: str(data_dir.resolve())}


def stack_processes(data_dir: Path) -> list[psutil.Process]:
    """Return the processes of a data folder, but for ourselves and our own parents.

    They have `stack_environment`, whatever their parents are by now.
    """
    wanted = str(data_dir.resolve())
    us = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    return matching_processes(
        lambda process: (
            process.pid not in us and process.environ().get(STACK_VARIABLE) == wanted
        )
    )


def process_group(leader: int) -> list[psutil.Process]:
    """Return the processes of a group, by the number of its leader.

    A group outlives its leader, and nobody else can get its number meanwhile.
    """
    return matching_processes(lambda process: os.getpgid(process.pid) == leader)


def matching_processes(
    condition: Callable[[psutil.Process], bool],
) -> list[psutil.Process]:
    """Return the living processes that meet a condition, of those we may look at."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                continue
            if condition(process):
                found.append(process)
        except (psutil.Error, ProcessLookupError, PermissionError):
            continue  # ended meanwhile, or another user's
    return found


def postgres_processes(folder: Path) -> list[psutil.Process]:
    """Return the Postgres processes of one cluster: those that work in its real folder.

    A number in postmaster.pid proves nothing: its process may be a zombie, or after a
    restart of the machine a stranger.
    """
    found = []
    for process in psutil.process_iter():
        try:
            if process.name() == "postgres" and process.cwd() == str(folder):
                found.append(process)
        except psutil.Error:
            continue  # ended meanwhile, a zombie, or another user's
    return found


def find_postmaster(data_dir: Path, folder: Path) -> psutil.Process | None:
    """Return the running server of a cluster, or None where none runs."""
    number = postmaster_number(data_dir)
    for process in postgres_processes(folder):
        if str(process.pid) == number:
            return process
    return None


def postmaster_number(data_dir: Path) -> str:
    """Return the process number in postmaster.pid; empty where it has none."""
    lines = read_pid_file(data_dir)
    return lines[PID_LINE].strip() if lines else ""


def end_postgres_processes(folder: Path) -> None:
    """End all Postgres processes of a cluster, by its real folder.

    Backends whose server was killed hold its memory until they notice.

    Raises:
        StartupError: some do not end.
    """
    processes = postgres_processes(folder)
    for process in processes:
        send_signal(process, signal.SIGQUIT)
    if not wait_until(
        lambda: not any(map(is_alive, processes)), POSTGRES_QUIT_TIMEOUT_SECONDS
    ):
        numbers = ", ".join(str(process.pid) for process in processes)
        raise StartupError(
            f"Processes of an earlier database do not end: {numbers}. End them, then "
            "start again."
        )


def remove_stale_files(data_dir: Path, folder: Path, socket_folder: Path) -> None:
    """Remove the files of a killed server that would keep a new one from starting.

    Postgres would refuse to start for any process with the number in its files, be it a
    zombie or, after a restart of the machine, a stranger.

    Only after `end_postgres_processes`: as long as backends live, postmaster.pid is
    what keeps a second server from their memory.
    """
    for leftover in socket_folder.glob(".s.PGSQL.*"):
        leftover.unlink(missing_ok=True)
    number = postmaster_number(data_dir)
    if number.isdigit() and psutil.pid_exists(int(number)):
        (folder / PID_FILE).unlink(missing_ok=True)


def is_alive(process: psutil.Process) -> bool:
    """Return whether a process runs; a zombie does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def send_signal(process: psutil.Process, number: signal.Signals) -> None:
    """Send a signal, unless the process has ended."""
    with suppress(psutil.NoSuchProcess):
        process.send_signal(number)


def end_processes(processes: list[psutil.Process], grace_seconds: float) -> None:
    """End processes: ask them, wait for so long, kill what is left, and wait again.

    Raises:
        StartupError: some do not end, even when killed.
    """
    steps = (
        (signal.SIGTERM, grace_seconds),
        (signal.SIGKILL, KILL_TIMEOUT_SECONDS),
    )
    for number, seconds in steps:
        for process in processes:
            send_signal(process, number)
        if wait_until(lambda: not any(map(is_alive, processes)), seconds):
            break
    else:
        numbers = ", ".join(str(process.pid) for process in processes)
        raise StartupError(f"Some processes do not end, even when killed: {numbers}.")
    for process in processes:
        reap(process)


def reap(process: psutil.Process) -> None:
    """Take a child's exit status: an adopted grandchild is a zombie until then."""
    if isinstance(process, psutil.Popen):
        process.wait()
        return
    with suppress(ChildProcessError):  # not ours, or already asked
        os.waitpid(process.pid, os.WNOHANG)
