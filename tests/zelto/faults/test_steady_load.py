"""Posts that never stop: a worker still ends when it is told to, and whatever else it
has to do gets its turn."""

from __future__ import annotations

import signal
import time

import psutil
import pytest

from tests.zelto.conftest import Count
from tests.zelto.faults.ledger import (
    Ask,
    assert_all_there_once,
    database,
    wait_until_processed,
)
from tests.zelto.faults.load import Senders, provision
from tests.zelto.stack import Stack, wait_for

pytestmark = pytest.mark.processes

# Of the twenty after which it would be killed.
ENDS_WITHIN = 12.0
TURN_WITHIN = 30.0
OLD_TALLIES = "SELECT count(*) FROM integrations_minutetally WHERE scope = 'old'"


@pytest.fixture(scope="module")
def key(one_stack: Stack) -> str:
    return str(provision(one_stack)["apiKey"])


def steadily(stack: Stack, key: str) -> Senders:
    return Senders(stack.port, key, threads=2, keep_alive=True)


def since_start(stack: Stack) -> str:
    """What the stack said in this life of it."""
    return stack.log[stack.log_start :]


def leave_something_to_forget(ask: Ask) -> None:
    ask(
        "INSERT INTO integrations_minutetally (scope, minute, count) "
        "VALUES ('old', now() - interval '3 days', 1)"
    )


def test_a_worker_under_steady_load_ends_when_it_is_told_to(
    stack: Stack, key: str, count: Count
) -> None:
    with steadily(stack, key) as senders:
        senders.wait_for_more(300)
        (pid,) = stack.pids()["worker"]
        worker = psutil.Process(pid)
        begun = time.monotonic()
        worker.send_signal(signal.SIGTERM)
        wait_for(
            lambda: "The process worker ended" in since_start(stack),
            ENDS_WITHIN,
            what="the worker has ended",
        )
        lasted = time.monotonic() - begun
        assert "The process worker ended by itself: exit code 0" in since_start(stack)
        stack.wait_until_ended()
    stack.start()
    with database(stack) as ask:
        wait_until_processed(ask)
        tries = ask("SELECT max(attempts) FROM integrations_delivery")[0][0]
        there = assert_all_there_once(ask, senders.acknowledged)
    assert tries == 1, "What it let go of is no further try"
    count(**{"ended after, s": round(lasted, 1)}, **there)


def test_another_task_gets_its_turn_under_steady_load(
    stack: Stack, key: str, count: Count
) -> None:
    with database(stack) as ask, steadily(stack, key) as senders:
        senders.wait_for_more(200)
        leave_something_to_forget(ask)
        stack.manage(
            *("shell", "-c"),
            "from integrations.tasks import forget; forget.delay()",
        )
        begun = time.monotonic()
        wait_for(lambda: ask(OLD_TALLIES)[0][0] == 0, TURN_WITHIN, what="retention ran")
        count(**{"its turn after, s": round(time.monotonic() - begun, 1)})
