"""Nothing that was answered 200 is missing or double, whatever dies."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.zelto.faults.ledger import (
    assert_all_there_once,
    database,
    wait_until_processed,
)
from tests.zelto.faults.load import Senders, body, post, provision
from tests.zelto.stack import FOR_SESSIONS, SHORT_LEASE, Stack

pytestmark = pytest.mark.processes

LAST_REASON = """
    SELECT convert_from(body, 'UTF8')::json -> 'call' ->> 'endedReason'
    FROM integrations_delivery WHERE external_id = %s ORDER BY sequence DESC LIMIT 1
"""
SHOWN_REASON = """
    SELECT ended_reason FROM conversations_conversation WHERE external_id = %s
"""
STORED = """
    SELECT count(*) FROM integrations_delivery
    WHERE external_id IN ('equal', 'different')
"""
HELD = """
    SELECT count(*) FROM integrations_delivery
    WHERE outcome = 'accepted' AND lease_until > now()
"""


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with Stack(processes=FOR_SESSIONS, environment=SHORT_LEASE) as stack:
        yield stack


@pytest.fixture(scope="module")
def key(stack: Stack) -> str:
    return str(provision(stack)["apiKey"])


def test_a_killed_worker_loses_nothing_and_doubles_nothing(
    stack: Stack, key: str
) -> None:
    kills_in_a_batch = 0
    acknowledged: list[str] = []
    for _ in range(10):
        with Senders(stack.port, key) as senders, database(stack) as ask:
            senders.numbers = itertools.count(len(acknowledged))
            senders.wait_for_more(200)
            stack.kill9("worker")
            ((held,),) = ask(HELD)
            senders.ending.set()
        acknowledged += senders.acknowledged
        assert stack.wait_until_ended() != 0
        stack.start()
        kills_in_a_batch += bool(held)
        if kills_in_a_batch == 2:
            break
    assert kills_in_a_batch == 2
    with database(stack) as ask:
        wait_until_processed(ask)
        assert_all_there_once(ask, acknowledged)


def test_fifty_posts_of_one_call_at_once_make_one_conversation(
    stack: Stack, key: str
) -> None:
    def send(number: int) -> int:
        reason = "the same" if number % 2 else f"reason {number}"
        call = "equal" if number % 2 else "different"
        return post(stack.port, key, body(call, endedReason=reason))

    with ThreadPoolExecutor(100) as pool:
        assert set(pool.map(send, range(100))) == {200}
    with database(stack) as ask:
        wait_until_processed(ask)
        assert_all_there_once(ask, ["equal", "different"])
        ((stored,),) = ask(STORED)
        assert stored == 100
        for call in ("equal", "different"):
            assert ask(SHOWN_REASON, call) == ask(LAST_REASON, call)
