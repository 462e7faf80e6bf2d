"""A worker fetches a recording: what comes of each kind of answer."""

from __future__ import annotations

import itertools
import logging
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings
from django.utils import timezone

from conversations.models import Conversation, Recording
from conversations.recordings.files import recordings_storage
from tests.conversations.conftest import Want
from tests.conversations.recordings.far_server import FarServer, answer, drip, endless
from tests.conversations.recordings.fetches import SECRET, after_a_try, stored_bytes
from tests.conversations.recordings.sounds import write_sound

pytestmark = pytest.mark.django_db(transaction=True)
State = Recording.State


def test_the_audio_is_fetched_and_kept(far_server: FarServer, want: Want, sound: bytes):
    recording = after_a_try(want(far_server.says("/a.ogg", answer(sound))))
    assert (recording.state, recording.last_error) == ("done", "")
    assert stored_bytes(recording) == sound
    assert recording.fetched_bytes == recording.expected_bytes == len(sound)
    assert Conversation.objects.get().has_audio
    assert far_server.connections == 1
    head = far_server.heads[0]
    assert head.startswith(f"GET /a.ogg?{SECRET} HTTP/1.1\r\n")
    assert f"Host: 127.0.0.1:{far_server.port}\r\n" in head
    assert "Accept-Encoding: identity\r\n" in head


def test_a_body_in_chunks_is_put_together(
    far_server: FarServer, want: Want, sound: bytes
):
    pieces = [sound[start : start + 700] for start in range(0, len(sound), 700)]
    body = b"".join(b"%x\r\n%s\r\n" % (len(one), one) for one in pieces)
    told = answer(content_length=None, transfer_encoding="chunked")
    url = far_server.says("/a.ogg", told + body + b"0\r\n\r\n")
    assert stored_bytes(after_a_try(want(url))) == sound


def test_redirects_are_followed_and_relative_ones_too(
    far_server: FarServer, want: Want, sound: bytes
):
    url = far_server.says("/a", answer(status=302, location="b/c?d=%C3%A9"))
    far_server.says("/b/c", answer(status=307, location=f"{far_server.url}/e"))
    far_server.says("/e", answer(sound))
    assert after_a_try(want(url)).state == State.DONE
    assert far_server.heads[1].startswith("GET /b/c?d=%C3%A9 ")


def test_redirects_come_to_an_end(far_server: FarServer, want: Want):
    url = far_server.says("/a", answer(status=302, location="/a"))
    recording = after_a_try(want(url))
    assert recording.state == State.FAILED
    assert recording.last_error == "The address leads on more than 5 times."
    assert far_server.connections == 6


@pytest.mark.parametrize("status", [403, 404, 410])
def test_a_link_that_is_over_is_final_and_says_what_to_do(
    far_server: FarServer, want: Want, status: int
):
    recording = after_a_try(want(far_server.says("/a", answer(status=status))))
    assert recording.state == State.FAILED
    assert f"The server answered {status} (" in recording.last_error
    assert "post the call again with a fresh one" in recording.last_error
    after_a_try(recording)
    assert far_server.connections == 1


@pytest.mark.parametrize("status", [204, 206, 300, 304, 400, 401, 451, 299])
def test_other_answers_without_audio_are_final(
    far_server: FarServer, want: Want, status: int
):
    recording = after_a_try(want(far_server.says("/a", answer(status=status))))
    assert recording.state == State.FAILED
    assert str(status) in recording.last_error


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 599])
def test_a_server_in_trouble_is_asked_again_later(
    far_server: FarServer, want: Want, status: int, sound: bytes
):
    url = far_server.says("/a", answer(status=status), answer(sound))
    recording = after_a_try(want(url))
    assert recording.state == State.WAITING
    assert str(status) in recording.last_error
    assert recording.next_try_at
    wait = recording.next_try_at - timezone.now()
    assert timedelta(seconds=5) < wait <= timedelta(seconds=10)
    Recording.objects.update(next_try_at=timezone.now())
    recording = after_a_try(recording)
    assert (recording.state, recording.last_error) == (State.DONE, "")


def test_the_waits_grow_and_the_fifth_try_is_the_last(
    far_server: FarServer, want: Want
):
    recording = want(far_server.says("/a", answer(status=503)))
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
    far_server: FarServer, want: Want, told: Any, wait: int
):
    retry_after = told() if callable(told) else told
    url = far_server.says("/a", answer(status=429, retry_after=retry_after))
    recording = after_a_try(want(url))
    assert recording.next_try_at
    waits = (recording.next_try_at - timezone.now()).total_seconds()
    assert waits == pytest.approx(wait, abs=5)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<!doctype html><title>Sign in</title>", "It is a web page, not audio."),
        (b"", "The file is empty."),
        (bytes(range(256)) * 400, "It is not audio that can be read."),
    ],
)
def test_what_is_no_audio_is_final(
    far_server: FarServer, want: Want, body: bytes, said: str
):
    url = far_server.says("/a.mp3", answer(body, content_type="audio/mpeg"))
    recording = after_a_try(want(url))
    assert recording.state == State.FAILED
    assert recording.last_error == f"What the server sent is no recording. {said}"
    assert recording.file == ""
    assert not Conversation.objects.get().has_audio


def test_a_torn_mp3_is_kept_as_long_as_it_is(
    far_server: FarServer, want: Want, tmp_path: Path
):
    whole = write_sound(tmp_path / "a.mp3", 10).read_bytes()
    url = far_server.says("/a.mp3", answer(whole[: len(whole) // 2]))
    assert after_a_try(want(url)).duration_seconds == pytest.approx(5, abs=0.3)


@override_settings(MAX_AUDIO_BYTES=1_000_000)
@pytest.mark.parametrize(
    "told",
    [
        {"content_length": None},
        {"content_length": 10**12},
        {"content_length": 1_000_001},
    ],
)
def test_an_endless_body_is_left(
    far_server: FarServer, want: Want, told: dict[str, Any]
):
    recording = after_a_try(want(far_server.says("/a", endless(answer(**told)))))
    assert recording.state == State.FAILED
    assert recording.last_error == (
        "It is larger than 0.953674 MB (ZELTO_MAX_AUDIO_BYTES)."
    )


def test_one_that_is_as_large_as_allowed_is_taken(
    far_server: FarServer, want: Want, sound: bytes
):
    with override_settings(MAX_AUDIO_BYTES=len(sound)):
        assert (
            after_a_try(want(far_server.says("/a", answer(sound)))).state == State.DONE
        )


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
def test_a_slow_drip_is_ended(far_server: FarServer, want: Want, slow: str):
    closed = far_server.closed
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
    recording = after_a_try(want(far_server.says("/a", says[slow])))  # type: ignore[arg-type]
    assert recording.state == State.WAITING
    assert recording.last_error == (
        "It took longer than 1 seconds (ZELTO_FETCH_SECONDS)."
    )


def test_a_body_that_breaks_off_is_fetched_again(
    far_server: FarServer, want: Want, sound: bytes
):
    torn = answer(sound[:1000], content_length=len(sound))
    recording = after_a_try(want(far_server.says("/a", torn, answer(sound))))
    assert recording.state == State.WAITING
    assert "broke off" in recording.last_error
    Recording.objects.update(next_try_at=None)
    assert after_a_try(recording).state == State.DONE


@pytest.mark.parametrize("said", [b"", b"no HTTP at all\r\n\r\n", b"HTTP/1.1 "])
def test_what_speaks_no_http_is_tried_again(
    far_server: FarServer, want: Want, said: bytes
):
    def say(to: Any) -> None:
        to.sendall(said)

    recording = after_a_try(want(far_server.says("/a", say)))
    assert recording.state == State.WAITING
    assert "127.0.0.1" in recording.last_error


def test_a_name_that_is_unknown_is_tried_again(want: Want):
    recording = after_a_try(want("https://no-such-name.invalid/a"))
    assert recording.state == State.WAITING
    assert "no-such-name.invalid" in recording.last_error


def test_no_address_is_told_on_any_way(
    far_server: FarServer, want: Want, caplog: pytest.LogCaptureFixture
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
        recording = after_a_try(want(far_server.says(f"/{number}", said)))
        reasons.append(recording.last_error)
    reasons.append(
        after_a_try(want(f"http://u:5ecre7@127.0.0.1:1/{SECRET}")).last_error
    )
    assert all(reasons)
    assert "5ecre7" not in f"{reasons}{caplog.text}"


def test_what_was_stored_stays_when_another_cannot_be_had(
    far_server: FarServer, want: Want, sound: bytes
):
    recording = after_a_try(want(far_server.says("/a", answer(sound))))
    kept = recording.file
    Recording.objects.update(
        **Recording.afresh(), source_url=far_server.says("/b", answer(status=404))
    )
    recording = after_a_try(recording)
    assert recording.state == State.FAILED
    assert recording.public_state == "stored"
    assert recording.file == kept
    assert stored_bytes(recording) == sound


def test_another_recording_takes_the_place_of_the_old_one(
    far_server: FarServer, want: Want, sound: bytes, tmp_path: Path
):
    recording = after_a_try(want(far_server.says("/a", answer(sound))))
    before = recording.file
    other = write_sound(tmp_path / "b.mp3").read_bytes()
    Recording.objects.update(
        **Recording.afresh(), source_url=far_server.says("/b", answer(other))
    )
    recording = after_a_try(recording)
    assert stored_bytes(recording) == other
    assert not recordings_storage().exists(before)
