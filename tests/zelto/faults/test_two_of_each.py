"""Two web servers and two workers on one database, all told of the same calls."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.zelto.conftest import Count
from tests.zelto.faults.ledger import (
    assert_all_there_once,
    assert_as_sent,
    database,
    wait_until_processed,
)
from tests.zelto.faults.load import post, provision, revised
from tests.zelto.own_server import OwnServer
from tests.zelto.stack import FOR_SESSIONS, Stack

pytestmark = pytest.mark.processes
CALLS = 40
TELLINGS = 15


def test_it_comes_to_the_plain_fold_of_the_log(count: Count) -> None:
    with (
        OwnServer() as server,
        Stack(processes=FOR_SESSIONS, database_url=server.url) as one,
        Stack(processes=FOR_SESSIONS, database_url=server.url) as other,
    ):
        key = provision(one)["apiKey"]
        posts = [
            (f"call-{call}", revision)
            for call in range(CALLS)
            for revision in range(TELLINGS)
        ]
        random.Random(3).shuffle(posts)  # noqa: S311 - no secret

        def send(number: int) -> int:
            stack = (one, other)[number % 2]
            return post(stack.port, key, revised(*posts[number]))

        with ThreadPoolExecutor(16) as pool:
            assert set(pool.map(send, range(len(posts)))) == {200}
        with database(one) as ask:
            wait_until_processed(ask)
            found = assert_all_there_once(ask, [f"call-{n}" for n in range(CALLS)])
            found |= assert_as_sent(ask, {})
            assert found["posts in the log"] == len(posts)
        count(posts=len(posts), **found)
