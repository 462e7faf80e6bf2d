"""A worker at a recording: what it shows meanwhile, and what may come between."""

from __future__ import annotations

import os
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from conversations import worker_stop
from conversations.models import Conversation, Recording, UnusedFile
from conversations.recordings import fetch_worker, incoming, lease_keeper
from conversations.recordings.fetch_worker import fetch_until_none_is_due
from conversations.recordings.files import recordings_storage
from tests.conversations.conftest import Want
from tests.conversations.recordings.far_server import FarServer, answer
from tests.conversations.recordings.fetches import SECRET, after_a_try
from tests.zelto.stack import wait_for

pytestmark = pytest.mark.django_db(transaction=True)
State = Recording.State


@pytest.fixture
def quick_beats(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease_keeper, "BEAT_SECONDS", 0.1)


def in_a_thread() -> threading.Thread:
    def work() -> None:
        try:
            fetch_until_none_is_due()
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def half_then_wait(sound: bytes, go_on: threading.Event, closed: threading.Event):
    def say(to: Any) -> None:
        to.sendall(answer(sound)[: -len(sound) // 2])
        while not go_on.wait(0.05) and not closed.is_set():
            pass
        to.sendall(sound[-(len(sound) // 2) :])

    return say


@pytest.mark.usefixtures("quick_beats")
def test_progress_and_lease_move_on_while_it_comes(
    far_server: FarServer, want: Want, sound: bytes
):
    go_on = threading.Event()
    recording = want(
        far_server.says("/a", half_then_wait(sound, go_on, far_server.closed))
    )
    thread = in_a_thread()

    def row() -> Recording:
        return Recording.objects.get(pk=recording.pk)

    wait_for(lambda: row().expected_bytes == len(sound), 10, what="its size is known")
    lease = row().lease_until
    wait_for(lambda: row().lease_until > lease, 10, what="the lease is renewed")  # type: ignore[operator]
    assert row().public_state == "fetching"
    go_on.set()
    thread.join(20)
    assert row().state == State.DONE


@pytest.mark.usefixtures("quick_beats")
@pytest.mark.parametrize("change", ["another address", "erased"])
def test_what_is_no_longer_wanted_is_dropped_at_once(
    far_server: FarServer, want: Want, sound: bytes, change: str
):
    never = threading.Event()
    recording = want(
        far_server.says("/a", half_then_wait(sound, never, far_server.closed))
    )
    thread = in_a_thread()
    wait_for(lambda: far_server.connections == 1, 10, what="it is asked for")
    if change == "erased":
        Conversation.objects.all().delete()
    else:
        Recording.objects.update(
            **Recording.afresh(), source_url=far_server.says("/b", answer(sound))
        )
    thread.join(20)
    assert not thread.is_alive()
    assert not UnusedFile.objects.exists()
    if change == "another address":
        # The same worker went on to it.
        recording.refresh_from_db()
        assert (recording.state, recording.attempts) == (State.DONE, 1)


@pytest.mark.usefixtures("quick_beats")
def test_a_worker_that_ends_in_order_puts_it_back(
    far_server: FarServer, want: Want, sound: bytes, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(worker_stop, "requested", threading.Event())
    never = threading.Event()
    recording = want(
        far_server.says("/a", half_then_wait(sound, never, far_server.closed))
    )
    thread = in_a_thread()
    wait_for(lambda: far_server.connections == 1, 10, what="it is asked for")
    worker_stop.requested.set()
    thread.join(20)
    recording.refresh_from_db()
    assert (recording.state, recording.attempts) == (State.WAITING, 0)
    assert (recording.next_try_at, recording.last_error) == (None, "")


def test_one_that_kills_its_workers_is_given_up(want: Want, far_server: FarServer):
    recording = want(far_server.says("/a", answer(b"deadly")))
    for _ in range(5):
        Recording.claim_next()
        Recording.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    recording = after_a_try_that_asks_nobody(recording)
    assert recording.state == State.FAILED
    assert recording.last_error == "Every worker that tried it died."
    assert far_server.connections == 0


def after_a_try_that_asks_nobody(recording: Recording) -> Recording:
    fetch_until_none_is_due()
    recording.refresh_from_db()
    return recording


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(28, "No space"), "There is no room for it on this machine's disk."),
        (
            RuntimeError(SECRET),
            "It was fetched but could not be kept (RuntimeError).",
        ),
    ],
)
def test_a_storage_that_cannot_is_tried_again(
    far_server: FarServer,
    want: Want,
    sound: bytes,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
    said: str,
):
    def cannot(*arguments: object, **more: object) -> None:
        raise error

    monkeypatch.setattr(recordings_storage(), "_save", cannot)
    recording = after_a_try(want(far_server.says("/a", answer(sound))))
    assert recording.state == State.WAITING
    assert recording.last_error == said
    assert recording.file == ""
    assert "A recording could not be had" in caplog.text
    assert "5ecre7" not in caplog.text


def test_two_at_once_are_enough_for_one_process(
    want: Want, far_server: FarServer, sound: bytes
):
    for _ in range(fetch_worker.AT_ONCE):
        assert fetch_worker._slots.acquire(blocking=False)
    try:
        recording = after_a_try_that_asks_nobody(
            want(far_server.says("/a", answer(sound)))
        )
    finally:
        for _ in range(fetch_worker.AT_ONCE):
            fetch_worker._slots.release()
    assert recording.state == State.WAITING
    assert far_server.connections == 0


def test_what_a_killed_worker_left_on_the_disk_is_deleted():
    with incoming.incoming_file() as kept:
        assert kept.stat().st_mode & 0o777 == 0o600
        incoming.delete_stale()
        assert kept.exists()
        old = timezone.now().timestamp() - 2 * incoming.STALE_SECONDS
        os.utime(kept, (old, old))
        incoming.delete_stale()
        assert not kept.exists()
