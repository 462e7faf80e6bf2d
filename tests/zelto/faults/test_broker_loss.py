"""Whatever a broker forgets, and whenever: all that was stored gets processed."""

from __future__ import annotations

import itertools
import random
import shutil
from collections.abc import Callable

import psutil
import pytest

from tests.zelto.conftest import Count
from tests.zelto.faults.ledger import (
    NOT_DONE,
    assert_all_there_once,
    assert_as_sent,
    database,
    wait_until_processed,
)
from tests.zelto.faults.load import Senders, body, post, provision
from tests.zelto.redis_server import PROGRAM, RedisServer
from tests.zelto.stack import FOR_SESSIONS, SHORT_LEASE, Stack, wait_for

pytestmark = pytest.mark.processes
LOSSES = 21
# Longer than a nudge follows a post, and than a worker keeps looking.
ALL_QUIET = """
    SELECT greatest(max(received_at), max(processed_at)) < now() - interval '1 second'
    FROM integrations_delivery
"""


def suffer(stack: Stack, key: str, loses: Callable[[], None]) -> dict[str, object]:
    """Load, under which the broker loses everything time and again."""
    chance = random.Random(7)  # noqa: S311 - no secret
    pids = stack.pids()
    with database(stack) as ask:
        with Senders(stack.port, key, reposts=0.3) as senders:
            for _ in range(LOSSES):
                senders.wait_for_more(chance.randrange(1, 40))
                loses()
        wait_until_processed(ask)
        found = assert_all_there_once(ask, senders.acknowledged)
        found |= assert_as_sent(ask, senders.revisions)
    assert senders.answers.keys() == {200}
    assert stack.pids() == pids
    return {"losses": LOSSES, **senders.counts, **found}


def wipe(stack: Stack) -> None:
    shutil.rmtree(stack.data_dir / "messages", ignore_errors=True)


def test_a_folder_of_messages_that_is_wiped_loses_nothing(count: Count) -> None:
    with Stack(processes=FOR_SESSIONS, environment=SHORT_LEASE) as stack:
        key = provision(stack)["apiKey"]
        found = suffer(stack, key, lambda: wipe(stack))
        alone = find_what_nothing_announced(stack, key)
        count(**found, found_by_the_sweep_alone=alone)


def find_what_nothing_announced(stack: Stack, key: str) -> int:
    """The worker sleeps until every message is lost."""
    worker = psutil.Process(stack.pids()["worker"][0])
    with database(stack) as ask:
        wait_for(lambda: bool(ask(ALL_QUIET)[0][0]), 10, what="the worker sleeps")
        worker.suspend()
        for number in range(20):
            assert post(stack.port, key, body(f"unannounced-{number}")) == 200
        wait_for(lambda: bool(ask(ALL_QUIET)[0][0]), 10, what="the last nudge is sent")
        ((unannounced,),) = ask(NOT_DONE)
        wipe(stack)
        worker.resume()
        wait_until_processed(ask)
    assert unannounced == 20
    return 20


@pytest.mark.skipif(PROGRAM is None, reason="redis-server is not installed")
def test_a_redis_that_is_emptied_and_killed_loses_nothing(count: Count) -> None:
    """It goes at one loss and is back at the next: a third of the posts find none."""
    with RedisServer() as server:
        settings = {**SHORT_LEASE, "CELERY_BROKER_URL": server.url}
        losses = itertools.cycle([server.forget_everything, server.kill9, server.start])
        with Stack(processes=FOR_SESSIONS, environment=settings) as stack:
            key = provision(stack)["apiKey"]
            count(**suffer(stack, key, lambda: next(losses)()))
