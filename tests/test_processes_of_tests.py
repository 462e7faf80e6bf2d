"""How tests are handed out where several processes run them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes_of_tests import BROWSER, RUNNING, SHARED_STACK, group_of

pytestmark = pytest.mark.processes

CHECKOUT = Path(__file__).resolve().parents[1]
PLAIN = ["-p", "no:django", "-p", "no:schemathesis"]
CONFTEST = f"""
import sys

sys.path.insert(0, {str(CHECKOUT)!r})
from tests.processes_of_tests import make_scheduler


def pytest_xdist_make_scheduler(config, log):
    return make_scheduler(config, log)
"""
NOTES_ITS_PROCESS = """
import os
import pathlib

import pytest


@pytest.mark.parametrize("number", range(8))
def test_it(number):
    with open(pathlib.Path(__file__).with_suffix(".txt"), "a") as file:
        file.write(os.environ["PYTEST_XDIST_WORKER"] + "\\n")
"""


def test_a_file_stays_in_one_process_and_each_process_has_some(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "pytest.ini").write_text("[pytest]")
    for name in ("one", "other"):
        (tmp_path / f"test_{name}.py").write_text(NOTES_ITS_PROCESS)
    done = subprocess.run(  # noqa: S603 - our own
        [sys.executable, "-m", "pytest", *PLAIN, "-n", "2", "--dist", "loadgroup"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout
    ran_in = [
        set((tmp_path / f"test_{name}.txt").read_text().split())
        for name in ("one", "other")
    ]
    assert sorted(map(sorted, ran_in)) == [["gw0"], ["gw1"]]


def test_what_shares_a_stack_stays_together() -> None:
    walks = {group_of(f"{BROWSER}test_{name}.py::test_it") for name in ("a", "b")}
    asked = {
        group_of(f"tests/api/{path}::test_it[1]")
        for path in ("test_recipes.py", "deeper/test_fuzzing.py")
    }
    ended = {
        group_of(f"tests/zelto/embedded/test_stack_{name}.py::test_it")
        for name in ("restart", "stop")
    }
    assert (walks, asked, ended) == ({BROWSER}, {RUNNING}, {SHARED_STACK})
