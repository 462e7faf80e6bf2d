"""The database goes and comes back while web and worker stay up."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from tests.zelto.conftest import Count
from tests.zelto.faults.ledger import (
    assert_all_there_once,
    assert_as_sent,
    database,
    wait_until_processed,
)
from tests.zelto.faults.load import Senders, get, provision
from tests.zelto.faults.small_disk import CannotMountError, SmallDisk, small_disk
from tests.zelto.own_server import OwnServer
from tests.zelto.stack import SHORT_LEASE, Stack, wait_for

pytestmark = pytest.mark.processes

WORDS = "Back in a moment"


def signed_in(stack: Stack) -> dict[str, str]:
    """Return what a browser sends that is signed in: its session is looked up in the
    database."""
    return {"Cookie": f"zelto_session_{stack.port}={'a' * 32}"}


def assert_it_says_that_it_is_away(stack: Stack) -> None:
    page = get(stack.port, "/", **signed_in(stack))
    assert (page.status, page.headers["Retry-After"]) == (503, "5")
    assert WORDS in page.content.decode()
    assert get(stack.port, "/healthz").status == 200
    ready = get(stack.port, "/readyz")
    assert ready.status == 503
    assert b'"path": "database"' in ready.content


@dataclass(frozen=True)
class Place:
    """A stack and its database, which is on a small disk where one can be mounted."""

    stack: Stack
    server: OwnServer
    key: str
    disk: SmallDisk | None
    no_disk: str  # why there is none

    def senders(self, name: str) -> Senders:
        return Senders(self.stack.port, self.key, threads=8, name=name, reposts=0.3)


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    with ExitStack() as held:
        disk, no_disk = None, ""
        try:
            disk = held.enter_context(small_disk(300))
        except CannotMountError as error:
            no_disk = str(error)
        server = held.enter_context(OwnServer(disk.folder / "data" if disk else None))
        stack = Stack(environment=SHORT_LEASE, database_url=server.url)
        held.enter_context(stack)
        yield Place(stack, server, provision(stack)["apiKey"], disk, no_disk)


def test_posts_are_asked_to_come_again_and_all_recovers_by_itself(
    place: Place, count: Count
) -> None:
    stack, server = place.stack, place.server
    before = stack.pids()
    assert get(stack.port, "/", **signed_in(stack)).status == 302
    with place.senders("away") as senders:
        for goes in (server.stop, server.kill9):
            senders.wait_for_more(100)
            away = senders.answers[503] + 100
            goes()
            wait_for(lambda: senders.answers[503] >= away, 30, what="503s")  # noqa: B023
            assert_it_says_that_it_is_away(stack)
            server.start()
        senders.wait_for_more(200)
    wait_for(lambda: get(stack.port, "/readyz").status == 200, 30, what="it is ready")
    assert get(stack.port, "/", **signed_in(stack)).status == 302
    assert stack.pids() == before
    assert not senders.odd
    assert not senders.unanswered
    with database(stack) as ask:
        wait_until_processed(ask)
        found = assert_all_there_once(ask, senders.acknowledged)
        found |= assert_as_sent(ask, senders.revisions)
    count(**senders.counts, **found)


def test_a_full_disk_loses_nothing_that_was_acknowledged(
    place: Place, count: Count
) -> None:
    stack, server, disk = place.stack, place.server, place.disk
    if disk is None:
        pytest.skip(place.no_disk)
    before = stack.pids()
    with place.senders("full") as senders:
        senders.wait_for_more(100)
        disk.fill()
        wait_for(lambda: senders.answers[503] >= 200, 60, what="200 answers 503")
        disk.free()
        if not server.cluster.is_alive():  # its own supervisor would
            server.start()
        senders.wait_for_more(100)
    assert stack.pids() == before
    assert senders.answers.keys() == {200, 503}
    assert not senders.odd
    assert not senders.unanswered
    with database(stack) as ask:
        wait_until_processed(ask)
        found = assert_all_there_once(ask, senders.acknowledged)
        found |= assert_as_sent(ask, senders.revisions)
    count(**senders.counts, **found)
