"""Whose recording is fetched next: in turns, and no organization waits for another's
slow servers.
"""

from __future__ import annotations

import itertools
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import override_settings

from accounts.models import Organization
from alerts.messages import sending
from conversations import worker_stop
from conversations.models import Recording
from conversations.recordings import fetch_worker, lease_keeper
from conversations.recordings.fetch_worker import fetch_until_none_is_due
from tests.conversations.conftest import MakeAgent, MakeConversation
from tests.conversations.recordings.far_server import FarServer, answer, drip
from tests.conversations.recordings.fetches import after_a_try
from tests.zelto.stack import wait_for

pytestmark = pytest.mark.django_db(transaction=True)
State = Recording.State
WantFor = Callable[[Organization, str], Recording]
HEAD = answer(bytes(1_000_000))[:-1_000_000]
CHECKOUT = Path(__file__).resolve().parents[3]


@pytest.fixture
def want_for(make_agent: MakeAgent, make_conversation: MakeConversation) -> WantFor:
    """Return `want_for(organization, url)`, which makes a recording to be fetched."""

    def make(organization: Organization, url: str) -> Recording:
        agent = make_agent(organization=organization)
        call = make_conversation(agent=agent, recording_url=url)
        return Recording.objects.create(conversation=call, source_url=url)

    return make


@pytest.fixture
def wake(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Return a function that runs the task once, in a thread, as a message does; a
    fetch under way is dropped at the end.
    """
    monkeypatch.setattr(worker_stop, "requested", threading.Event())
    threads: list[threading.Thread] = []

    def work() -> None:
        try:
            fetch_until_none_is_due()
        finally:
            connection.close()

    def run() -> None:
        threads.append(threading.Thread(target=work))
        threads[-1].start()

    monkeypatch.setattr("conversations.recordings.wakeup.wake_worker", run)
    yield run
    worker_stop.requested.set()
    for thread in threads:
        thread.join(20)


def slow(server: FarServer) -> str:
    """Return an address that sends a byte now and then."""
    say = drip(itertools.chain([HEAD], itertools.repeat(b"x")), server.closed)
    return server.says("/slow", say)


def running(organization: Organization) -> int:
    return (
        Recording.objects.in_organization(organization)
        .filter(state=State.RUNNING)
        .count()
    )


def test_slow_servers_of_one_organization_hold_up_no_other(
    far_server: FarServer,
    want_for: WantFor,
    wake: Callable[[], None],
    sound: bytes,
    organization: Organization,
    other_organization: Organization,
):
    for _ in range(12):
        want_for(organization, slow(far_server))
        wake()
    each = fetch_worker.AT_ONCE_EACH
    wait_for(lambda: running(organization) == each, 10, what="its share is at work")
    good = want_for(other_organization, far_server.says("/a", answer(sound)))
    wake()

    def is_here() -> bool:
        good.refresh_from_db()
        return bool(good.file)

    wait_for(is_here, 10, what="the other organization's recording is here")
    assert running(organization) == each


def test_organizations_take_turns_whatever_waited_first(
    far_server: FarServer,
    want_for: WantFor,
    sound: bytes,
    organization: Organization,
    other_organization: Organization,
):
    for number in range(3):
        want_for(organization, far_server.says(f"/a{number}", answer(sound)))
    for number in range(2):
        want_for(other_organization, far_server.says(f"/b{number}", answer(sound)))
    fetch_until_none_is_due()
    asked = re.findall(r"GET /(\w+)", "".join(far_server.heads))
    assert asked == ["a0", "b0", "a1", "b1", "a2"]


@pytest.fixture
def quick_judgment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(lease_keeper, "SLOW_SECONDS", 1.0)
    with override_settings(FETCH_MIN_BYTES_PER_SECOND=8192):
        yield


@pytest.mark.usefixtures("quick_judgment")
@pytest.mark.parametrize("from_byte", [0, len(HEAD)])
def test_one_that_comes_too_slowly_ends_and_is_tried_again(
    far_server: FarServer,
    want_for: WantFor,
    organization: Organization,
    from_byte: int,
):
    """Also where the head of the answer is what comes slowly."""
    rest: Any = (HEAD[at : at + 1] for at in range(from_byte, len(HEAD)))
    pieces = itertools.chain([HEAD[:from_byte]], rest, itertools.repeat(b"x"))
    url = far_server.says("/slow", drip(pieces, far_server.closed))
    recording = after_a_try(want_for(organization, url))
    assert (recording.state, recording.attempts) == (State.WAITING, 1)
    assert recording.next_try_at
    assert recording.last_error == (
        "127.0.0.1 sent less than 8 KB a second (ZELTO_FETCH_MIN_BYTES_PER_SECOND)."
    )


@pytest.mark.usefixtures("quick_judgment")
def test_one_that_is_fast_enough_may_take_longer(
    far_server: FarServer, want_for: WantFor, organization: Organization, sound: bytes
):
    whole = answer(sound + bytes(60_000))
    pieces = (whole[at : at + 2000] for at in range(0, len(whole), 2000))
    url = far_server.says("/a", drip(pieces, far_server.closed))
    recording = after_a_try(want_for(organization, url))
    assert recording.state == State.DONE


def test_the_process_has_threads_for_all_that_may_wait():
    """And one for a transcription, one for deletions, one that finds no slot free; and for
    each message that is sent meanwhile."""
    found = re.search(
        r"--queues media .*--concurrency (\d+)", (CHECKOUT / "Procfile").read_text()
    )
    assert found
    assert int(found[1]) == fetch_worker.AT_ONCE + sending.AT_ONCE + 3
