"""Sessions whose audio cannot be had: nothing else of them is lost."""

from __future__ import annotations

import errno
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from conversations.models import Conversation, Recording, UnusedFile
from conversations.projection.erased_calls import erase_rows
from conversations.recordings import files, received
from conversations.recordings.fetch_worker import fetch
from integrations.livekit_upload import answers
from integrations.models import Delivery
from integrations.providers.livekit import wire
from tests.integrations.livekit_upload.bodies import (
    FORM,
    SESSION,
    form,
    header,
    history,
    said,
)
from tests.integrations.livekit_upload.recorded import post, requests_of, upload

pytestmark = pytest.mark.django_db(transaction=True)

Process = Callable[[], None]
WORDS = ["Hello?", "Hi, this is Acme."]
AUDIO = b"OggS" + bytes(4000)


@pytest.fixture
def process(process: Process) -> Process:
    def work() -> None:
        Delivery.objects.filter(next_try_at__gt=Now()).update(next_try_at=Now())
        process()

    return work


def send(token: str, audio: bytes = AUDIO, *, cut: int = 0) -> Any:
    body = form(
        ("header", header()),
        ("chat_history", history(said(*WORDS))),
        ("audio", audio),
    )
    return post(f"/livekit/{token}{SESSION}", body[: len(body) - cut], FORM)


def assert_stored_without(why: str) -> None:
    call = Conversation.objects.get()
    assert [turn["content"] for turn in call.transcript.turns or ()] == WORDS
    recording = Recording.objects.get()
    assert recording.public_state == "failed"
    assert why in recording.last_error
    assert not UnusedFile.objects.exists()


def seconds_in(answer: Any) -> int:
    """In how many seconds a session is to come again."""

    def of(data: Any, number: int) -> Any:
        found = {one: value for one, _, value in wire.fields(data, wire.Budget(100))}
        return found[number]

    assert answer["Content-Type"] == answers.PROTOBUF
    return int(of(of(of(of(answer.content, 3), 2), 1), 1))


def test_audio_that_is_too_large_costs_no_transcript(
    token: str, process: Process, settings: Any
) -> None:
    settings.MAX_AUDIO_BYTES = 3000
    assert send(token).status_code == 200
    process()
    assert_stored_without("over 2.9\xa0KB and was not kept")


def test_its_page_says_why_it_has_no_audio(
    token: str,
    process: Process,
    settings: Any,
    alice_client: Client,
) -> None:
    settings.MAX_AUDIO_BYTES = 3000
    send(token)
    process()
    call = Conversation.objects.get()
    address = reverse("conversations:detail", args=["acme", call.pk])
    text = alice_client.get(address).content.decode()
    assert "No audio" in text
    assert "and was not kept" in text
    # There is nothing that could be fetched again.
    assert "recording/retry" not in text


@pytest.mark.parametrize("cut", [1, 3, 2000, 4050])
def test_audio_that_ends_early_costs_no_transcript(
    token: str, process: Process, cut: int
) -> None:
    assert send(token, cut=cut).status_code == (200 if cut == 1 else 503)
    process()
    if cut > 1:
        assert_stored_without("ended early")
        # With the next try all is there.
        assert send(token).status_code == 200
        process()
    recording = Recording.objects.get()
    assert recording.source_url.startswith(files.RECEIVED)
    assert (recording.public_state, recording.last_error) == ("waiting", "")


@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, "full"), RuntimeError("away"), TimeoutError()]
)
def test_a_storage_that_takes_nothing_costs_no_transcript(
    token: str, process: Process, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: Any) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(received, "keep", fail)
        answer = send(token)
        assert answer.status_code == 503
        assert seconds_in(answer) == answers.RETRY_SECONDS
        process()
        assert_stored_without("audio")
    assert send(token).status_code == 200
    process()
    assert Recording.objects.get().public_state == "waiting"
    assert Conversation.objects.count() == 1


def test_a_full_disk_costs_no_transcript(
    token: str, process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    from integrations.uploads import multipart

    def fail(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(multipart, "_write_all", fail)
    assert send(token).status_code == 503
    process()
    assert_stored_without("no room")


def test_what_was_kept_stays_where_another_try_has_none(
    token: str, process: Process
) -> None:
    assert upload(token, requests_of("py-1.8.9-voice", "recordings")[0])
    process()
    claimed = Recording.claim_next()
    assert claimed is not None
    fetch(claimed)
    whole = requests_of("py-1.8.9-voice", "recordings")[0]
    answer = post(f"/livekit/{token}{whole.path}", whole.body[:-5000], whole.headers)
    assert answer.status_code == 503
    process()
    assert Recording.objects.get().public_state == "stored"
    assert Recording.objects.get().last_error == ""


def test_the_audio_of_an_erased_call_is_not_kept(token: str, process: Process) -> None:
    send(token)
    process()
    with transaction.atomic():
        erase_rows(Conversation.objects.get())
    files.delete_unused()
    assert send(token).status_code == 200
    process()
    assert Delivery.objects.filter(outcome="ignored").count() == 1
    assert not UnusedFile.objects.exists()


def test_the_audio_of_a_call_that_is_erased_meanwhile_goes(
    token: str, process: Process
) -> None:
    send(token)
    process()
    assert send(token).status_code == 200
    assert UnusedFile.objects.count() == 2
    with transaction.atomic():
        erase_rows(Conversation.objects.get())
    process()
    files.delete_unused()
    assert not UnusedFile.objects.exists()


def test_audio_of_which_another_copy_came_goes(token: str, process: Process) -> None:
    for _ in range(3):
        send(token)
        process()
    assert UnusedFile.objects.count() == 1
    name = UnusedFile.objects.get().name
    assert Recording.objects.get().source_url == files.RECEIVED + name


def test_audio_that_no_worker_has_read_yet_is_not_swept_away(
    token: str, process: Process
) -> None:
    send(token)
    process()
    UnusedFile.objects.update(delete_after=Now())
    files.delete_unused()
    name = UnusedFile.objects.get().name
    assert files.recordings_storage().exists(name)
    Recording.objects.update(state=Recording.State.FAILED)
    UnusedFile.objects.update(delete_after=Now())
    files.delete_unused()
    assert not UnusedFile.objects.exists()
    assert not files.recordings_storage().exists(name)


def test_audio_that_nothing_came_to_name_is_swept_away_soon(
    token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: Any, **__: Any) -> None:
        raise SystemExit

    monkeypatch.setattr(files, "recordings_storage", die)
    with pytest.raises(SystemExit):
        send(token)
    monkeypatch.undo()
    soon = timezone.now() + timedelta(hours=2)
    assert UnusedFile.objects.get().delete_after < soon


def test_too_many_sessions_come_again_when_the_minute_is_over(
    token: str, settings: Any
) -> None:
    settings.RATE_PER_MINUTE = 1
    found = [send(token, b"") for _ in range(3)]
    busy = [one for one in found if one.status_code == 503]
    assert busy
    assert all(1 <= seconds_in(one) <= 60 for one in busy)
    # The first tries were over before the minute was.
    assert any(seconds_in(one) != answers.RETRY_SECONDS for one in busy)


def test_sessions_that_find_no_slot_come_again_at_other_times(
    token: str, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    from web import long_answers

    monkeypatch.setitem(long_answers.MOST, long_answers.Kind.UPLOAD, (0, 0))
    settings.MAX_BODY_BYTES = 100
    waits = set()
    for _ in range(20):
        answer = send(token)
        assert answer.status_code == 503
        waits.add(seconds_in(answer))
    assert len(waits) > 4
