"""After `kill -9` of any one process the next start works, and nothing is in its way."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
from contextlib import suppress

import psutil
import pytest

from tests.zelto.stack import Stack, wait_for
from zelto.embedded.leftover_processes import is_alive, stack_environment

pytestmark = pytest.mark.processes


def answers(stack: Stack) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", stack.port, timeout=10)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("role", "sentence"),
    [
        ("web", "The process web ended by itself: killed by SIGKILL."),
        ("beat", "The process beat ended by itself: killed by SIGKILL."),
        ("worker", "The process worker ended by itself: killed by SIGKILL."),
        ("postmaster", "The database ended by itself;"),
    ],
)
def test_it_ends_with_each_of_its_processes(stack: Stack, role: str, sentence: str):
    if role not in stack.pids():
        pytest.skip("the database of DATABASE_URL is not ours to kill")
    before = stack.everything()
    stack.kill9(role)
    assert stack.wait_until_ended() == 1
    assert sentence in stack.log[stack.log_start :]
    assert [process for process in before if is_alive(process)] == []
    stack.start()
    assert answers(stack)


def test_it_starts_again_when_its_owner_was_killed_and_ends_what_that_left(
    stack: Stack,
):
    before = [process for process in stack.everything() if process.name() != "postgres"]
    stack.kill9("owner")
    stack.wait_until_ended()
    # Where the kernel does not tie children to their parents, they live on.
    environment = os.environ | stack_environment(stack.data_dir)
    with subprocess.Popen(["/bin/sleep", "60"], env=environment) as left:
        stack.start()
        assert left.wait(timeout=5) == -signal.SIGTERM
    assert answers(stack)
    assert [process for process in before if is_alive(process)] == []


def test_it_replaces_a_worker_of_the_web_server(stack: Stack):
    owner = stack.pids()["owner"]
    killed = stack.kill9("web-worker")

    def is_replaced() -> bool:
        workers = stack.pids()["web-worker"]
        return len(workers) == 2 and killed not in workers

    wait_for(is_replaced, 20, what="a new worker")
    wait_for(lambda: answers(stack), 20, what="an answer")
    assert stack.pids()["owner"] == owner


def test_it_ends_when_everything_but_the_owner_was_killed(stack: Stack):
    owner = psutil.Process(stack.pids()["owner"][0])
    before = [process for process in stack.everything() if process != owner]
    for process in before:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    assert stack.wait_until_ended() == 1
    assert stack.everything() == []
    stack.start()
    assert answers(stack)
