"""A worker of these tests that hangs ends, says where, and leaves nothing running."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.integrations.livekit_worker.worker import run_worker
from tests.zelto.stack import wait_for
from zelto.embedded.leftover_processes import is_alive

pytestmark = pytest.mark.processes

# The event loop itself stands still, as it does in a loop that awaits nothing.
HANGS = """
import os, pathlib, subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
pathlib.Path(__file__).with_name("pid").write_text(str(child.pid))

def nobody_wakes_it():
    child.wait()

nobody_wakes_it()
"""


def test_a_worker_that_hangs_says_where_and_leaves_no_process(tmp_path: Path):
    code = tmp_path / "worker_code.py"
    code.write_text(HANGS, "utf-8")
    with pytest.raises(AssertionError, match="nobody_wakes_it"):
        run_worker(code, "order", key=None, at_most=2)
    child = int(Path(tmp_path, "pid").read_text("ascii"))
    wait_for(lambda: is_over(child), 10, what="what it had started is over")


def is_over(pid: int) -> bool:
    with suppress(psutil.NoSuchProcess):
        return not is_alive(psutil.Process(pid))
    return True
