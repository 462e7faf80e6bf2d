"""A worker fetches a recording: what comes of each kind of answer."""

from __future__ import annotations

import gzip
import itertools
import logging
import os
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import override_settings
from django.utils import timezone

from conversations.models import Conversation, Recording, UnusedFile
from conversations.recordings import fetching, incoming, watch
from conversations.recordings.fetching import fetch_until_none_is_due
from conversations.recordings.files import recordings_storage
from tests.conversations.conftest import MakeConversation
from tests.conversations.far_server import FarServer, answer, drip, endless
from tests.conversations.sounds import write_sound
from tests.zelto.stack import wait_for

pytestmark = pytest.mark.django_db(transaction=True)
State = Recording.State
Want = Callable[[str], Recording]
SECRET = "X-Amz-Signature=5ecre7"


@pytest.fixture(autouse=True)
def settings_of_this(tmp_path: Path) -> Iterator[None]:
    with override_settings(
        RECORDING_ALLOW=["127.0.0.1"], DATA_DIR=tmp_path / "data", FETCH_SECONDS=20
    ):
        yield


@pytest.fixture
def server() -> Iterator[FarServer]:
    with FarServer() as server:
        yield server


@pytest.fixture
def sound(tmp_path: Path) -> bytes:
    return write_sound(tmp_path / "a.ogg", channels=2).read_bytes()


@pytest.fixture
def want(make_conversation: MakeConversation) -> Want:
    def make(url: str) -> Recording:
        url = f"{url}?{SECRET}"
        conversation = make_conversation(recording_url=url)
        return Recording.objects.create(conversation=conversation, source_url=url)

    return make


def after_a_try(recording: Recording) -> Recording:
    fetch_until_none_is_due()
    recording.refresh_from_db()
    assert not list(incoming.folder().iterdir())
    return recording


def stored_bytes(recording: Recording) -> bytes:
    with recordings_storage().open(recording.file) as file:
        content: bytes = file.read()
        return content


def test_the_audio_is_fetched_and_kept(server: FarServer, want: Want, sound: bytes):
    recording = after_a_try(want(server.says("/a.ogg", answer(sound))))
    assert (recording.state, recording.last_error) == ("done", "")
    assert stored_bytes(recording) == sound
    assert recording.fetched_bytes == recording.expected_bytes == len(sound)
    assert Conversation.objects.get().has_audio
    assert server.connections == 1
    head = server.heads[0]
    assert head.startswith(f"GET /a.ogg?{SECRET} HTTP/1.1\r\n")
    assert f"Host: 127.0.0.1:{server.port}\r\n" in head
    assert "Accept-Encoding: identity\r\n" in head


def test_a_body_in_chunks_is_put_together(server: FarServer, want: Want, sound: bytes):
    pieces = [sound[start : start + 700] for start in range(0, len(sound), 700)]
    body = b"".join(b"%x\r\n%s\r\n" % (len(one), one) for one in pieces)
    told = answer(content_length=None, transfer_encoding="chunked")
    url = server.says("/a.ogg", told + body + b"0\r\n\r\n")
    assert stored_bytes(after_a_try(want(url))) == sound


def test_redirects_are_followed_and_relative_ones_too(
    server: FarServer, want: Want, sound: bytes
):
    url = server.says("/a", answer(status=302, location="b/c?d=%C3%A9"))
    server.says("/b/c", answer(status=307, location=f"{server.url}/e"))
    server.says("/e", answer(sound))
    assert after_a_try(want(url)).state == State.DONE
    assert server.heads[1].startswith("GET /b/c?d=%C3%A9 ")


def test_redirects_come_to_an_end(server: FarServer, want: Want):
    url = server.says("/a", answer(status=302, location="/a"))
    recording = after_a_try(want(url))
    assert recording.state == State.FAILED
    assert recording.last_error == "The address leads on more than 5 times."
    assert server.connections == 6


@pytest.mark.parametrize("status", [403, 404, 410])
def test_a_link_that_is_over_is_final_and_says_what_to_do(
    server: FarServer, want: Want, status: int
):
    recording = after_a_try(want(server.says("/a", answer(status=status))))
    assert recording.state == State.FAILED
    assert f"The server answered {status} (" in recording.last_error
    assert "post the call again with a fresh one" in recording.last_error
    after_a_try(recording)
    assert server.connections == 1


@pytest.mark.parametrize("status", [204, 206, 300, 304, 400, 401, 451, 299])
def test_other_answers_without_audio_are_final(
    server: FarServer, want: Want, status: int
):
    recording = after_a_try(want(server.says("/a", answer(status=status))))
    assert recording.state == State.FAILED
    assert str(status) in recording.last_error


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 599])
def test_a_server_in_trouble_is_asked_again_later(
    server: FarServer, want: Want, status: int, sound: bytes
):
    url = server.says("/a", answer(status=status), answer(sound))
    recording = after_a_try(want(url))
    assert recording.state == State.WAITING
    assert str(status) in recording.last_error
    assert recording.next_try_at
    wait = recording.next_try_at - timezone.now()
    assert timedelta(seconds=5) < wait <= timedelta(seconds=10)
    Recording.objects.update(next_try_at=timezone.now())
    recording = after_a_try(recording)
    assert (recording.state, recording.last_error) == (State.DONE, "")


def test_the_waits_grow_and_the_fifth_try_is_the_last(server: FarServer, want: Want):
    recording = want(server.says("/a", answer(status=503)))
    waits = []
    for _ in range(5):
        recording = after_a_try(recording)
        if recording.next_try_at:
            waits.append((recording.next_try_at - timezone.now()).total_seconds())
            Recording.objects.update(next_try_at=timezone.now())
    assert waits == pytest.approx([10, 60, 300, 1800], abs=5)
    assert recording.state == State.FAILED
    assert recording.last_error == "The server answered 503 (Service Unavailable)."


def in_a_while(seconds: int) -> str:
    return format_datetime(timezone.now() + timedelta(seconds=seconds), usegmt=True)


@pytest.mark.parametrize(
    ("told", "wait"),
    [
        ("120", 120),
        (lambda: in_a_while(120), 120),
        ("1", 10),
        ("999999999999", 1800),
        (lambda: in_a_while(10**6), 1800),
        ("-5", 10),
        ("soon", 10),
    ],
)
def test_it_waits_as_long_as_it_is_asked_within_bounds(
    server: FarServer, want: Want, told: Any, wait: int
):
    retry_after = told() if callable(told) else told
    url = server.says("/a", answer(status=429, retry_after=retry_after))
    recording = after_a_try(want(url))
    assert recording.next_try_at
    waits = (recording.next_try_at - timezone.now()).total_seconds()
    assert waits == pytest.approx(wait, abs=5)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<!doctype html><title>Sign in</title>", "It is a web page, not audio."),
        (b"", "The file is empty."),
        (bytes(range(256)) * 400, "No audio in it could be decoded."),
    ],
)
def test_what_is_no_audio_is_final(
    server: FarServer, want: Want, body: bytes, said: str
):
    url = server.says("/a.mp3", answer(body, content_type="audio/mpeg"))
    recording = after_a_try(want(url))
    assert recording.state == State.FAILED
    assert recording.last_error == f"What the server sent is no recording. {said}"
    assert recording.file == ""
    assert not Conversation.objects.get().has_audio


def test_a_torn_mp3_is_kept_as_long_as_it_is(
    server: FarServer, want: Want, tmp_path: Path
):
    whole = write_sound(tmp_path / "a.mp3", 10).read_bytes()
    url = server.says("/a.mp3", answer(whole[: len(whole) // 2]))
    assert after_a_try(want(url)).duration_seconds == pytest.approx(5, abs=0.3)


@pytest.mark.parametrize("encoding", ["gzip", "br", "deflate", "identity, gzip"])
def test_a_bomb_is_not_even_read(server: FarServer, want: Want, encoding: str):
    bomb = gzip.compress(bytes(20_000_000))
    url = server.says("/a", answer(bomb, content_encoding=encoding))
    recording = after_a_try(want(url))
    assert recording.state == State.FAILED
    assert "Content-Encoding" in recording.last_error
    assert recording.fetched_bytes == 0


@override_settings(MAX_AUDIO_BYTES=1_000_000)
@pytest.mark.parametrize(
    "told",
    [
        {"content_length": None},
        {"content_length": 10**12},
        {"content_length": 1_000_001},
    ],
)
def test_an_endless_body_is_left(server: FarServer, want: Want, told: dict[str, Any]):
    recording = after_a_try(want(server.says("/a", endless(answer(**told)))))
    assert recording.state == State.FAILED
    assert recording.last_error == (
        "It is larger than 0.953674 MB (ZELTO_MAX_AUDIO_BYTES)."
    )


def test_one_that_is_as_large_as_allowed_is_taken(
    server: FarServer, want: Want, sound: bytes
):
    with override_settings(MAX_AUDIO_BYTES=len(sound)):
        assert after_a_try(want(server.says("/a", answer(sound)))).state == State.DONE


def head_without_end() -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\n"
    yield from (b"X-%d: so\r\n" % number for number in itertools.count())


def slowly_on(closed: threading.Event) -> Callable[[Any], None]:
    def say(to: Any) -> None:
        closed.wait(0.3)
        to.sendall(answer(status=302, location="/a"))

    return say


@override_settings(FETCH_SECONDS=1)
@pytest.mark.parametrize("slow", ["body", "chunks", "head", "silent", "redirects"])
def test_a_slow_drip_is_ended(server: FarServer, want: Want, slow: str):
    closed = server.closed
    body = itertools.chain([answer(content_length=None)], itertools.repeat(b"a"))
    chunks = answer(content_length=None, transfer_encoding="chunked")
    says = {
        "body": drip(body, closed),
        "chunks": drip(
            itertools.chain([chunks], itertools.repeat(b"1\r\na\r\n")), closed
        ),
        "head": drip(head_without_end(), closed, 0.1),
        "silent": lambda to: closed.wait(),
        "redirects": slowly_on(closed),
    }
    recording = after_a_try(want(server.says("/a", says[slow])))  # type: ignore[arg-type]
    assert recording.state == State.WAITING
    assert recording.last_error == (
        "It took longer than 1 seconds (ZELTO_FETCH_SECONDS)."
    )


def test_a_body_that_breaks_off_is_fetched_again(
    server: FarServer, want: Want, sound: bytes
):
    torn = answer(sound[:1000], content_length=len(sound))
    recording = after_a_try(want(server.says("/a", torn, answer(sound))))
    assert recording.state == State.WAITING
    assert "broke off" in recording.last_error
    Recording.objects.update(next_try_at=None)
    assert after_a_try(recording).state == State.DONE


@pytest.mark.parametrize("said", [b"", b"no HTTP at all\r\n\r\n", b"HTTP/1.1 "])
def test_what_speaks_no_http_is_tried_again(server: FarServer, want: Want, said: bytes):
    def say(to: Any) -> None:
        to.sendall(said)

    recording = after_a_try(want(server.says("/a", say)))
    assert recording.state == State.WAITING
    assert "127.0.0.1" in recording.last_error


def test_a_name_that_is_unknown_is_tried_again(want: Want):
    recording = after_a_try(want("https://no-such-name.invalid/a"))
    assert recording.state == State.WAITING
    assert "no-such-name.invalid" in recording.last_error


def test_no_address_is_told_on_any_way(
    server: FarServer, want: Want, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.INFO)
    answers = [
        answer(status=404),
        answer(status=503),
        answer(b"<html>"),
        b"HTTP/1.1 200 OK\r\nno colon here\r\n\r\n",
        answer(status=302, location="file:///etc/passwd"),
    ]
    reasons = []
    for number, said in enumerate(answers):
        recording = after_a_try(want(server.says(f"/{number}", said)))
        reasons.append(recording.last_error)
    reasons.append(
        after_a_try(want(f"http://u:5ecre7@127.0.0.1:1/{SECRET}")).last_error
    )
    assert all(reasons)
    assert "5ecre7" not in f"{reasons}{caplog.text}"


def test_what_was_stored_stays_when_another_cannot_be_had(
    server: FarServer, want: Want, sound: bytes
):
    recording = after_a_try(want(server.says("/a", answer(sound))))
    kept = recording.file
    Recording.objects.update(
        **Recording.afresh(), source_url=server.says("/b", answer(status=404))
    )
    recording = after_a_try(recording)
    assert recording.state == State.FAILED
    assert recording.public_state == "stored"
    assert recording.file == kept
    assert stored_bytes(recording) == sound


def test_another_recording_takes_the_place_of_the_old_one(
    server: FarServer, want: Want, sound: bytes, tmp_path: Path
):
    recording = after_a_try(want(server.says("/a", answer(sound))))
    before = recording.file
    other = write_sound(tmp_path / "b.mp3").read_bytes()
    Recording.objects.update(
        **Recording.afresh(), source_url=server.says("/b", answer(other))
    )
    recording = after_a_try(recording)
    assert stored_bytes(recording) == other
    assert not recordings_storage().exists(before)


@pytest.fixture
def quick_beats(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "BEAT_SECONDS", 0.1)


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
    server: FarServer, want: Want, sound: bytes
):
    go_on = threading.Event()
    recording = want(server.says("/a", half_then_wait(sound, go_on, server.closed)))
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
    server: FarServer, want: Want, sound: bytes, change: str
):
    never = threading.Event()
    recording = want(server.says("/a", half_then_wait(sound, never, server.closed)))
    thread = in_a_thread()
    wait_for(lambda: server.connections == 1, 10, what="it is asked for")
    if change == "erased":
        Conversation.objects.all().delete()
    else:
        Recording.objects.update(
            **Recording.afresh(), source_url=server.says("/b", answer(sound))
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
    server: FarServer, want: Want, sound: bytes, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(watch, "_shutting_down", threading.Event())
    never = threading.Event()
    recording = want(server.says("/a", half_then_wait(sound, never, server.closed)))
    thread = in_a_thread()
    wait_for(lambda: server.connections == 1, 10, what="it is asked for")
    watch.shut_down()
    thread.join(20)
    recording.refresh_from_db()
    assert (recording.state, recording.attempts) == (State.WAITING, 0)
    assert (recording.next_try_at, recording.last_error) == (None, "")


def test_one_that_kills_its_workers_is_given_up(want: Want, server: FarServer):
    recording = want(server.says("/a", answer(b"deadly")))
    for _ in range(5):
        Recording.claim_next()
        Recording.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    recording = after_a_try_that_asks_nobody(recording)
    assert recording.state == State.FAILED
    assert recording.last_error == "Every worker that tried it died."
    assert server.connections == 0


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
    server: FarServer,
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
    recording = after_a_try(want(server.says("/a", answer(sound))))
    assert recording.state == State.WAITING
    assert recording.last_error == said
    assert recording.file == ""
    assert "A recording could not be had" in caplog.text
    assert "5ecre7" not in caplog.text


def test_two_at_once_are_enough_for_one_process(
    want: Want, server: FarServer, sound: bytes
):
    for _ in range(fetching.AT_ONCE):
        assert fetching._slots.acquire(blocking=False)
    try:
        recording = after_a_try_that_asks_nobody(want(server.says("/a", answer(sound))))
    finally:
        for _ in range(fetching.AT_ONCE):
            fetching._slots.release()
    assert recording.state == State.WAITING
    assert server.connections == 0


def test_what_a_killed_worker_left_on_the_disk_is_deleted():
    with incoming.incoming_file() as kept:
        assert kept.stat().st_mode & 0o777 == 0o600
        incoming.delete_stale()
        assert kept.exists()
        old = timezone.now().timestamp() - 2 * incoming.STALE_SECONDS
        os.utime(kept, (old, old))
        incoming.delete_stale()
        assert not kept.exists()
