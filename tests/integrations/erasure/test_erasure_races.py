"""An erasure against whatever else works on the call at that moment, each on a real
connection of its own, stopped where it hurts most."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection

from accounts.models import Organization, User
from conversations.models import Agent, Charge, Conversation, Tombstone
from conversations.projection import store
from integrations.delivery_log import append as delivery_log
from integrations.delivery_log import jobs
from integrations.delivery_log import read as history
from integrations.delivery_log.retention import forget
from integrations.erasure import erase as erasure
from integrations.erasure.erase import erase_conversation
from integrations.models import Delivery
from integrations.processing import replay
from integrations.processing.rebuild import rebuild
from integrations.processing.replay import NothingToReplay, replay_delivery
from integrations.processing.worker import process_batch
from tests.integrations.conftest import Post, session
from tests.zelto.stack import wait_for

pytestmark = pytest.mark.django_db(transaction=True)
Process = Callable[[], None]
PATIENCE = 20


class Gate:
    """Stops the first caller of a function, before or after it, until it is opened."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, *, after: bool
    ) -> None:
        self.reached, self.opened = threading.Event(), threading.Event()
        self.taken = threading.Lock()
        original = getattr(owner, name)

        def gated(*args: Any, **kwargs: Any) -> Any:
            result = original(*args, **kwargs) if after else None
            if self.taken.acquire(blocking=False):
                self.reached.set()
                assert self.opened.wait(PATIENCE)
            return result if after else original(*args, **kwargs)

        monkeypatch.setattr(owner, name, gated)

    def open(self) -> None:
        self.opened.set()


@contextmanager
def beside(work: Callable[..., Any], *args: Any, **kwargs: Any) -> Iterator[Future]:  # type: ignore[type-arg]
    """Runs it on another connection."""

    def run() -> Any:
        try:
            return work(*args, **kwargs)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(run)


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM pg_stat_activity "
            "WHERE datname = current_database() AND wait_event_type = 'Lock')"
        )
        return bool(cursor.fetchone()[0])


def wait_for_the_other() -> None:
    wait_for(somebody_waits, PATIENCE, what="one waits for the other")


@pytest.fixture
def conversation(post: Post, process: Process) -> Conversation:
    post(session())
    process()
    return Conversation.objects.select_related("organization").get()


@pytest.fixture(autouse=True)
def no_replay_wakeups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("integrations.processing.replay.wake_worker", lambda: None)


@pytest.fixture(autouse=True)
def gone_for_good(process: Process) -> Iterator[None]:
    """However it went: after the workers are through, nothing is left."""
    yield
    process()
    assert Tombstone.objects.count() == 1
    assert not Conversation.objects.exists()
    assert not Delivery.objects.filter(body__isnull=False).exists()
    assert not Delivery.objects.waiting().exists()
    assert Charge.objects.count() == 1


def test_a_worker_that_writes_the_call_ends_first(
    conversation: Conversation,
    alice: User,
    post: Post,
    process: Process,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    written = Gate(monkeypatch, jobs, "mark_processed", after=True)
    post(session(metadata={"new": 1}))
    with beside(process) as worker:
        assert written.reached.wait(PATIENCE)
        with beside(erase_conversation, conversation=conversation, by=alice) as eraser:
            wait_for_the_other()
            assert Conversation.objects.exists()
            written.open()
            eraser.result(PATIENCE)
        worker.result(PATIENCE)
    assert Delivery.objects.latest("sequence").outcome == "processed"


def test_a_worker_that_comes_during_the_erasure_waits_and_leaves_nothing(
    conversation: Conversation,
    alice: User,
    post: Post,
    process: Process,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    emptied = Gate(monkeypatch, erasure, "_empty_deliveries", after=True)
    with beside(erase_conversation, conversation=conversation, by=alice) as eraser:
        assert emptied.reached.wait(PATIENCE)
        # The erasure does not see it any more.
        post(session(metadata={"new": 1}))
        with beside(process) as worker:
            wait_for_the_other()
            emptied.open()
            worker.result(PATIENCE)
        eraser.result(PATIENCE)
    assert Delivery.objects.latest("sequence").outcome == "ignored"


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", ["agents_of_batch", "make"])
def test_a_worker_halfway_finds_it_erased(
    conversation: Conversation,
    alice: User,
    post: Post,
    process: Process,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    after: bool,
) -> None:
    """It saw the conversation there, and does not hold it yet."""
    halfway = Gate(monkeypatch, store, step, after=after)
    post(session(metadata={"new": 1}))
    with beside(process) as worker:
        assert halfway.reached.wait(PATIENCE)
        erase_conversation(conversation=conversation, by=alice)
        halfway.open()
        worker.result(PATIENCE)


def test_a_worker_that_has_read_the_body_finds_it_erased(
    conversation: Conversation,
    alice: User,
    post: Post,
    process: Process,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read = Gate(monkeypatch, history, "load_bodies", after=True)
    post(session(metadata={"new": 1}))
    with beside(process) as worker:
        assert read.reached.wait(PATIENCE)
        erase_conversation(conversation=conversation, by=alice)
        read.open()
        worker.result(PATIENCE)
    assert Delivery.objects.latest("sequence").outcome == "ignored"


def test_a_worker_that_has_claimed_it_finds_no_body(
    conversation: Conversation,
    alice: User,
    post: Post,
    process: Process,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    claimed = Gate(monkeypatch, history, "load_bodies", after=False)
    post(session(metadata={"new": 1}))
    with beside(process) as worker:
        assert claimed.reached.wait(PATIENCE)
        erase_conversation(conversation=conversation, by=alice)
        claimed.open()
        worker.result(PATIENCE)
    assert Delivery.objects.latest("sequence").outcome == "ignored"


def test_a_refusal_under_way_is_waited_for(
    conversation: Conversation,
    alice: User,
    post: Post,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked = Gate(monkeypatch, delivery_log, "erased_among", after=True)
    with beside(post, session(transcript={"turns": "x"})) as poster:
        assert looked.reached.wait(PATIENCE)
        with beside(erase_conversation, conversation=conversation, by=alice) as eraser:
            wait_for_the_other()
            looked.open()
            eraser.result(PATIENCE)
        assert poster.result(PATIENCE).status_code == 422
    assert Delivery.objects.filter(status=422, body=None).exists()


def test_a_refusal_during_the_erasure_keeps_no_body(
    conversation: Conversation,
    alice: User,
    post: Post,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    emptied = Gate(monkeypatch, erasure, "_empty_deliveries", after=True)
    with beside(erase_conversation, conversation=conversation, by=alice) as eraser:
        assert emptied.reached.wait(PATIENCE)
        with beside(post, session(transcript={"turns": "x"})) as poster:
            wait_for_the_other()
            emptied.open()
            assert poster.result(PATIENCE).status_code == 422
        eraser.result(PATIENCE)
    assert Delivery.objects.filter(status=422, body=None).exists()


def test_a_replay_under_way_of_a_refused_one_is_ignored(
    conversation: Conversation,
    alice: User,
    organization: Organization,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    refused = Delivery.objects.create(
        organization=organization,
        provider="zelto",
        external_id="call-1",
        status=422,
        outcome="rejected",
        body=bytes(Delivery.objects.latest("sequence").body or b""),
    )
    read = Gate(monkeypatch, replay, "_read", after=True)
    with beside(replay_delivery, delivery=refused, by=alice) as player:
        assert read.reached.wait(PATIENCE)
        erase_conversation(conversation=conversation, by=alice)
        read.open()
        assert player.result(PATIENCE).outcome == "accepted"


def test_a_replay_under_way_of_a_processed_one_finds_nothing(
    conversation: Conversation, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = Gate(monkeypatch, store, "lock", after=False)
    delivery = Delivery.objects.get()
    with beside(replay_delivery, delivery=delivery, by=alice) as player:
        assert begun.reached.wait(PATIENCE)
        erase_conversation(conversation=conversation, by=alice)
        begun.open()
        with pytest.raises(NothingToReplay):
            player.result(PATIENCE)


def test_a_rebuild_that_holds_the_call_ends_first(
    conversation: Conversation, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    folded = Gate(monkeypatch, store, "save", after=True)
    with beside(lambda: list(rebuild())) as rebuilder:
        assert folded.reached.wait(PATIENCE)
        with beside(erase_conversation, conversation=conversation, by=alice) as eraser:
            wait_for_the_other()
            folded.open()
            eraser.result(PATIENCE)
        assert rebuilder.result(PATIENCE)[-1].rebuilt == 1


def test_a_rebuild_during_the_erasure_finds_nothing(
    conversation: Conversation, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    emptied = Gate(monkeypatch, erasure, "_empty_deliveries", after=True)
    with beside(erase_conversation, conversation=conversation, by=alice) as eraser:
        assert emptied.reached.wait(PATIENCE)
        with beside(lambda: list(rebuild())) as rebuilder:
            wait_for_the_other()
            emptied.open()
            assert rebuilder.result(PATIENCE)[-1].rebuilt == 0
        eraser.result(PATIENCE)


def test_retention_passes_over_it(
    conversation: Conversation, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    Delivery.objects.update(received_at="2020-01-01T00:00Z")
    emptied = Gate(monkeypatch, erasure, "_empty_deliveries", after=True)
    with beside(erase_conversation, conversation=conversation, by=alice) as eraser:
        assert emptied.reached.wait(PATIENCE)
        assert forget().bodies == 0
        emptied.open()
        eraser.result(PATIENCE)


def test_of_two_erasures_one_finds_nothing(
    conversation: Conversation, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    emptied = Gate(monkeypatch, erasure, "_empty_deliveries", after=True)
    with beside(erase_conversation, conversation=conversation, by=alice) as first:
        assert emptied.reached.wait(PATIENCE)
        with beside(erase_conversation, conversation=conversation, by=alice) as second:
            wait_for_the_other()
            emptied.open()
            with pytest.raises(Conversation.DoesNotExist):
                second.result(PATIENCE)
        first.result(PATIENCE)


def test_all_at_once(conversation: Conversation, alice: User, post: Post) -> None:
    """Posts, refusals, two workers, a rebuild and an erasure, with nobody stopped."""
    start = threading.Barrier(6)
    over = threading.Event()

    def worker() -> None:
        start.wait(PATIENCE)
        while process_batch() or not over.is_set():
            pass

    def poster() -> None:
        start.wait(PATIENCE)
        for number in range(40):
            turns = "x" if number % 4 == 0 else [{"role": "user", "content": "Hi"}]
            post(session(transcript={"turns": turns}))

    def eraser() -> None:
        start.wait(PATIENCE)
        wait_for(lambda: Delivery.objects.count() > 10, PATIENCE, what="some posts")
        erase_conversation(conversation=conversation, by=alice)

    def rebuilder() -> None:
        start.wait(PATIENCE)
        while not over.is_set():
            list(rebuild())

    with (
        beside(worker) as one,
        beside(worker) as two,
        beside(rebuilder) as three,
        beside(poster) as posts,
        beside(eraser) as erased,
    ):
        start.wait(PATIENCE)
        try:
            posts.result(PATIENCE)
            erased.result(PATIENCE)
        finally:
            over.set()
        for each in (one, two, three):
            each.result(PATIENCE)
    assert Agent.objects.count() == 1
    assert Delivery.objects.filter(outcome="ignored").exists()
