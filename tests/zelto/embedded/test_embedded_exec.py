"""`python -m zelto.embedded exec`: one command beside the database."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.zelto.stack import CHECKOUT, UNSET, wait_for
from zelto.embedded.leftover_processes import postgres_processes
from zelto.embedded.postgres_config import cluster_folder

pytestmark = pytest.mark.processes

EXEC = [sys.executable, "-m", "zelto.embedded", "--throwaway", "--data-dir"]


def environment(data_dir: Path) -> dict[str, str]:
    return {**os.environ, **UNSET, "ZELTO_DATA_DIR": str(data_dir)}


def start(data_dir: Path, *command: str) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603
        [*EXEC, str(data_dir), "exec", *command],
        cwd=CHECKOUT,
        env=environment(data_dir),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def run(data_dir: Path, *command: str) -> tuple[int, str, str]:
    child = start(data_dir, *command)
    printed, errors = child.communicate(timeout=60)
    return child.returncode, printed, errors


def manage(data_dir: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603
        [sys.executable, "manage.py", *command],
        cwd=CHECKOUT,
        env=environment(data_dir),
        capture_output=True,
        text=True,
        timeout=60,
    )


def nothing_runs(data_dir: Path) -> bool:
    return not postgres_processes(cluster_folder(data_dir).resolve())


def test_it_gives_the_command_the_database_and_stops_it_after(stored: Path):
    question = (
        "from django.db import connection as c; c.ensure_connection(); print('up')"
    )
    code, printed, errors = run(
        stored, sys.executable, "manage.py", "shell", "--no-imports", "-c", question
    )
    assert (code, printed) == (0, "up\n"), errors
    assert nothing_runs(stored)


def test_it_ends_as_the_command_ended(stored: Path):
    assert run(stored, "sh", "-c", "exit 7")[0] == 7
    assert run(stored, "sh", "-c", "kill -KILL $$")[0] == 128 + signal.SIGKILL
    # With its path: a PATH may have a folder that one may not look into.
    assert run(stored, "/no-such-program")[::2] == (
        1,
        "There is no program /no-such-program.\n",
    )
    assert nothing_runs(stored)


def test_it_passes_a_signal_on_and_waits(stored: Path):
    child = start(
        stored,
        "sh",
        "-c",
        "trap 'echo told; exit 3' TERM; echo up; while :; do sleep 0.05; done",
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "up\n"
    child.terminate()
    printed, _ = child.communicate(timeout=60)
    assert (child.returncode, printed) == (3, "told\n")
    assert nothing_runs(stored)


def test_it_has_one_owner(stored: Path):
    first = start(stored, "sh", "-c", "echo up; exec sleep 60")
    assert first.stdout is not None
    assert first.stdout.readline() == "up\n"
    code, _, errors = run(stored, "true")
    assert code == 1
    assert f"already running on {stored} (process {first.pid})" in errors
    first.terminate()
    first.communicate(timeout=60)
    assert first.returncode == 128 + signal.SIGTERM
    assert nothing_runs(stored)


def test_it_can_be_killed_and_leaves_a_database_that_is_taken_over(stored: Path):
    first = start(stored, "sh", "-c", "echo up; exec sleep 60")
    assert first.stdout is not None
    assert first.stdout.readline() == "up\n"
    first.kill()
    first.communicate(timeout=60)
    code, printed, _ = run(stored, "echo", "again")
    assert (code, printed) == (
        0,
        "Took over the database that was still running.\nagain\n",
    )
    wait_for(lambda: nothing_runs(stored), 5, what="the database ended")


def test_a_command_says_that_the_database_is_not_running(stored: Path):
    result = manage(stored, "migrate")
    assert result.returncode == 1
    assert result.stderr.splitlines()[-1] == (
        "The database is not running. Start it with `make run`, or set DATABASE_URL."
    )
    assert "Traceback" not in result.stderr


def test_commands_that_need_no_database_work_without(stored: Path):
    assert manage(stored, "check").returncode == 0
    assert manage(stored, "collectstatic", "--no-input", "--dry-run").returncode == 0
    assert "No changes" in manage(stored, "makemigrations", "--check").stdout
