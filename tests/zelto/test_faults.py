"""Nothing that was answered 200 is missing or double, whatever dies."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.zelto.load import Senders, body, database, post, provision
from tests.zelto.stack import Stack, wait_for

pytestmark = pytest.mark.processes

# What a killed worker held comes back after this many seconds, not after a minute.
SHORT_LEASE = {"ZELTO_LEASE_SECONDS": "3"}
ALL_DONE = "SELECT count(*) FROM integrations_delivery WHERE outcome <> 'processed'"
LAST_REASON = """
    SELECT convert_from(body, 'UTF8')::json -> 'call' ->> 'endedReason'
    FROM integrations_delivery WHERE external_id = %s ORDER BY sequence DESC LIMIT 1
"""
SHOWN_REASON = """
    SELECT ended_reason FROM conversations_conversation WHERE external_id = %s
"""
HELD = """
    SELECT count(*) FROM integrations_delivery
    WHERE outcome = 'accepted' AND lease_until > now()
"""


def wait_until_processed(ask: Any) -> None:
    wait_for(lambda: ask(ALL_DONE)[0][0] == 0, 90, what="everything is processed")


def assert_all_there_once(ask: Any, acknowledged: list[str]) -> None:
    rows = ask("SELECT external_id FROM conversations_conversation")
    found = [name for (name,) in rows]
    assert len(found) == len(set(found))
    assert set(acknowledged) <= set(found)
    ((charges,),) = ask("SELECT count(*) FROM conversations_charge")
    assert charges == len(found)


def test_a_killed_worker_loses_nothing_and_doubles_nothing() -> None:
    with Stack(environment=SHORT_LEASE) as stack:
        key = provision(stack)["apiKey"]
        kills_in_a_batch = 0
        acknowledged: list[str] = []
        for _ in range(10):
            with Senders(stack.port, key) as senders, database(stack) as ask:
                senders.numbers = iter(range(len(acknowledged), 10**9))  # type: ignore[assignment]
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


def test_a_killed_web_process_loses_nothing_that_it_acknowledged() -> None:
    with Stack(environment=SHORT_LEASE) as stack:
        key = provision(stack)["apiKey"]
        with Senders(stack.port, key) as senders:
            for number in range(3):
                senders.wait_for_more(200)
                stack.kill9("web-worker" if number % 2 else "web")
                if number % 2 == 0:
                    stack.wait_until_ended()
                    stack.start()
            senders.wait_for_more(50)
        assert senders.refused == []
        with database(stack) as ask:
            wait_until_processed(ask)
            assert_all_there_once(ask, senders.acknowledged)


def test_fifty_posts_of_one_call_at_once_make_one_conversation() -> None:
    with Stack() as stack:
        key = provision(stack)["apiKey"]

        def send(number: int) -> int:
            reason = "the same" if number % 2 else f"reason {number}"
            call = "equal" if number % 2 else "different"
            return post(stack.port, key, body(call, endedReason=reason))

        with ThreadPoolExecutor(100) as pool:
            assert set(pool.map(send, range(100))) == {200}
        with database(stack) as ask:
            wait_until_processed(ask)
            assert_all_there_once(ask, ["equal", "different"])
            ((stored,),) = ask("SELECT count(*) FROM integrations_delivery")
            assert stored == 100
            for call in ("equal", "different"):
                assert ask(SHOWN_REASON, call) == ask(LAST_REASON, call)
