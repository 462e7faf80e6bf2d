"""A recording that its server does not have yet is fetched once it does."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from conversations.models import Conversation, Recording
from conversations.recordings import download
from conversations.recordings.fetch_worker import fetch_until_none_is_due
from tests.conversations.conftest import MakeConversation, Want
from tests.conversations.recordings.far_server import FarServer, answer
from tests.conversations.recordings.fetches import SECRET, after_a_try, stored_bytes
from tests.conversations.recordings.sounds import write_sound

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("sounds_read_once"),
]
State = Recording.State
NOT_THERE = [202, 204, 206, 300, 304, 400, 402, 403, 404, 405, 409, 410, 412, 416, 423]
LINKS_EXPIRE = "Links to recordings often expire; post the call again with a fresh one."


@pytest.fixture(autouse=True)
def looks_again_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "LOOK_AGAIN_SECONDS", 0.0)


@pytest.fixture
def want_now(want: Want) -> Want:
    """Return `want_now(url)`: a recording that a delivery names just now."""

    def make(url: str) -> Recording:
        recording = want(url)
        Recording.objects.update(named_at=timezone.now())
        return recording

    return make


def again(recording: Recording) -> Recording:
    Recording.objects.update(next_try_at=None)
    return after_a_try(recording)


@pytest.mark.parametrize("status", NOT_THERE)
def test_a_young_call_is_asked_about_again_whatever_is_answered(
    far_server: FarServer, want_now: Want, sound: bytes, status: int
):
    url = far_server.says("/a", answer(status=status), answer(sound))
    recording = after_a_try(want_now(url))
    assert recording.state == State.WAITING
    assert recording.last_error.startswith(f"The server answered {status} (")
    assert LINKS_EXPIRE not in recording.last_error
    recording = again(recording)
    assert (recording.state, recording.last_error) == (State.DONE, "")
    assert stored_bytes(recording) == sound


def test_who_must_sign_in_first_is_not_asked_again(
    far_server: FarServer, want_now: Want
):
    recording = after_a_try(want_now(far_server.says("/a", answer(status=401))))
    assert recording.state == State.FAILED
    assert recording.last_error == "The server answered 401 (Unauthorized)."


@pytest.mark.parametrize("status", [403, 404, 410])
def test_that_links_expire_is_said_after_the_last_try(
    far_server: FarServer, want_now: Want, status: int
):
    recording = want_now(far_server.says("/a", answer(status=status)))
    waits, reasons = [], []
    for _ in range(5):
        recording = again(recording)
        reasons.append(LINKS_EXPIRE in recording.last_error)
        if recording.next_try_at:
            left = recording.next_try_at - timezone.now()
            waits.append(left.total_seconds())
    assert waits == pytest.approx([10, 60, 300, 1800], abs=5)
    assert reasons == [False] * 4 + [True]
    assert recording.state == State.FAILED


@pytest.mark.parametrize("status", [202, 204, 403, 404, 409, 416, 423, 425, 429, 503])
def test_it_waits_for_as_long_as_it_is_asked_to(
    far_server: FarServer, want_now: Want, status: int
):
    told = answer(status=status, retry_after="120")
    recording = after_a_try(want_now(far_server.says("/a", told)))
    assert recording.next_try_at
    left = (recording.next_try_at - timezone.now()).total_seconds()
    assert left == pytest.approx(120, abs=5)


@pytest.mark.parametrize(
    "fields",
    [
        {"ended_at": timedelta(hours=-1)},
        {"created_at": timedelta(hours=-1)},
        {"created_at": timedelta(days=-3), "ended_at": timedelta(hours=-23)},
        # Its clock is ahead.
        {"ended_at": timedelta(hours=2)},
    ],
)
def test_a_call_that_ended_or_came_within_a_day_is_young(
    far_server: FarServer, want: Want, fields: dict[str, timedelta]
):
    recording = want(far_server.says("/a", answer(status=404)))
    times = {name: timezone.now() + ago for name, ago in fields.items()}
    Conversation.objects.update(**times)
    assert after_a_try(recording).state == State.WAITING


@pytest.mark.parametrize(
    ("named", "created", "state"),
    [
        (timedelta(hours=1), timedelta(days=9), State.WAITING),
        (timedelta(days=2), timedelta(days=9), State.FAILED),
        (None, timedelta(days=2), State.FAILED),
    ],
)
def test_what_was_named_lately_may_come_however_old_its_call_is(
    far_server: FarServer,
    want: Want,
    named: timedelta | None,
    created: timedelta,
    state: str,
):
    now = timezone.now()
    recording = want(far_server.says("/a", answer(status=404)))
    Recording.objects.update(named_at=now - named if named else None)
    Conversation.objects.update(created_at=now - created, ended_at=now - created)
    assert after_a_try(recording).state == state


@pytest.mark.parametrize(
    "early",
    [
        answer(b""),
        answer(b"", content_length=None),
        answer(b"", content_length=None, transfer_encoding="chunked") + b"0\r\n\r\n",
        answer(b'{"status": "processing"}', content_type="application/json"),
        answer(b"<!doctype html><p>In a moment</p>", content_type="text/html"),
        answer(bytes(1000), content_type="audio/wav"),
    ],
)
def test_what_is_no_recording_yet_is_fetched_again(
    far_server: FarServer, want_now: Want, sound: bytes, early: bytes
):
    recording = after_a_try(want_now(far_server.says("/a", early, answer(sound))))
    assert (recording.state, recording.file) == (State.WAITING, "")
    assert recording.last_error.startswith("What the server sent is no recording. ")
    assert stored_bytes(again(recording)) == sound


def growing(pieces: list[bytes]) -> Callable[[Any], None]:
    """Return an answer that is one piece longer each time, until all are there."""
    lengths = itertools.chain(range(1, len(pieces)), itertools.repeat(len(pieces)))

    def say(to: Any) -> None:
        to.sendall(answer(b"".join(pieces[: next(lengths)])))

    return say


def test_a_file_that_grows_between_two_looks_is_not_the_recording_yet(
    far_server: FarServer, want_now: Want, tmp_path: Path
):
    whole = write_sound(tmp_path / "a.mp3", 8).read_bytes()
    quarter = len(whole) // 4
    pieces = [whole[:quarter], whole[quarter : 2 * quarter], whole[2 * quarter :]]
    recording = after_a_try(want_now(far_server.says("/a", growing(pieces))))
    assert (recording.state, recording.file) == (State.WAITING, "")
    assert recording.last_error == (
        f"It is still being written: it had {quarter:,} bytes, and {2 * quarter:,} a "
        "moment later."
    )
    recording = again(recording)
    assert recording.state == State.DONE
    assert stored_bytes(recording) == whole


@pytest.mark.parametrize(
    "second",
    [
        lambda size: answer(b"O", status=206, content_range=f"bytes 0-0/{size + 1}"),
        lambda size: answer(status=416, content_range="bytes */0"),
        lambda size: answer(bytes(size + 1)),
    ],
)
def test_each_way_to_tell_the_length_counts(
    far_server: FarServer, want_now: Want, sound: bytes, second
):
    url = far_server.says("/a", answer(sound), second(len(sound)))
    recording = after_a_try(want_now(url))
    assert (recording.state, recording.file) == (State.WAITING, "")
    assert "Range: bytes=0-0\r\n" in far_server.heads[1]
    assert f"GET /a?{SECRET} " in far_server.heads[1]


@pytest.mark.parametrize(
    "second",
    [
        lambda size: answer(b"O", status=206, content_range=f"bytes 0-0/{size}"),
        lambda size: answer(b"O", status=206, content_range="bytes 0-0/*"),
        lambda size: answer(b"", content_length=None),
        lambda size: answer(bytes(size + 9), content_encoding="gzip"),
        lambda size: answer(status=403),  # a link for one use
        lambda size: answer(status=404),
        lambda size: answer(status=429, retry_after=99),
        lambda size: answer(status=500),
        lambda size: answer(status=302, location="ftp://elsewhere"),
        lambda size: b"",
    ],
)
def test_a_second_look_that_tells_nothing_changes_nothing(
    far_server: FarServer, want_now: Want, sound: bytes, second
):
    url = far_server.says("/a", answer(sound), second(len(sound)))
    assert stored_bytes(after_a_try(want_now(url))) == sound


def test_it_looks_again_after_redirects_too(
    far_server: FarServer, want_now: Want, sound: bytes
):
    url = far_server.says("/a", answer(status=302, location="/b"))
    far_server.says("/b", answer(sound), answer(sound + b"more"))
    assert after_a_try(want_now(url)).state == State.WAITING


@pytest.mark.parametrize(
    ("headers", "is_fresh"),
    [
        ({}, True),
        ({"date": "Sun, 29 Nov 2026 10:00:00 GMT"}, True),
        (
            {
                "date": "Sun, 29 Nov 2026 10:00:00 GMT",
                "last_modified": "Sun, 29 Nov 2026 09:59:30 GMT",
            },
            True,
        ),
        (
            {
                "date": "Sun, 29 Nov 2026 10:00:00 GMT",
                "last_modified": "Sun, 29 Nov 2026 09:50:00 GMT",
            },
            False,
        ),
    ],
)
def test_it_waits_a_moment_where_a_file_was_written_to_lately(
    far_server: FarServer,
    want_now: Want,
    sound: bytes,
    monkeypatch: pytest.MonkeyPatch,
    headers: dict[str, Any],
    is_fresh: bool,
):
    waits: list[float] = []
    monkeypatch.setattr("conversations.worker_stop.wait", waits.append)
    url = far_server.says("/a", answer(sound, **headers))
    assert after_a_try(want_now(url)).state == State.DONE
    assert len(waits) == is_fresh


def test_an_old_call_is_looked_at_once(far_server: FarServer, want: Want, sound: bytes):
    url = far_server.says("/a", answer(sound), answer(sound + b"more"))
    assert after_a_try(want(url)).state == State.DONE
    assert far_server.connections == 1


def test_a_body_that_is_shorter_than_told_is_fetched_again(
    far_server: FarServer, want_now: Want, sound: bytes
):
    torn = answer(sound[:1000], content_length=len(sound))
    recording = after_a_try(want_now(far_server.says("/a", torn, answer(sound))))
    assert (recording.state, recording.file) == (State.WAITING, "")
    assert stored_bytes(again(recording)) == sound


def test_a_proxy_may_have_changed_something_about_it(
    far_server: FarServer, want_now: Want, sound: bytes
):
    url = far_server.says("/a", answer(sound, status=203))
    assert stored_bytes(after_a_try(want_now(url))) == sound


def test_a_call_that_was_erased_meanwhile_is_not_asked_about(
    far_server: FarServer, want_now: Want
):
    def erase(to: Any) -> None:
        Conversation.objects.all().delete()
        connection.close()
        to.sendall(answer(status=404))

    recording = want_now(far_server.says("/a", erase))
    fetch_until_none_is_due()
    assert not Recording.objects.filter(pk=recording.pk).exists()


def test_the_page_says_when_it_is_asked_again(
    far_server: FarServer, make_conversation: MakeConversation, bob_client
):
    call = make_conversation(ended_at=timezone.now())
    url = far_server.says("/a", answer(status=404))
    recording = Recording.objects.create(conversation=call, source_url=url)
    after_a_try(recording)
    page = bob_client.get(f"/org/acme/conversations/{call.pk}").content.decode()
    assert "The last try failed: The server answered 404 (Not Found)." in page
    assert "post the call again" not in page
