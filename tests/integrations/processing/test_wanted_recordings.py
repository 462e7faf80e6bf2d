"""Which recordings a delivery has fetched."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.files.base import ContentFile

from conversations.models import Conversation, Recording, UnusedFile
from conversations.recordings import files
from integrations.erasure.erase import erase_conversation
from integrations.models import Delivery
from integrations.processing.replay import replay_delivery
from tests.integrations.conftest import Post, session

pytestmark = pytest.mark.django_db(transaction=True)
Process = Callable[[], None]
State = Recording.State

URL = "https://recordings.example.com/a.ogg?signature=1"
FRESHLY_SIGNED = "https://recordings.example.com/a.ogg?signature=2"
OTHER_URL = "https://recordings.example.com/b.ogg?signature=1"


def with_recording(url: str | None) -> dict[str, object]:
    return session(call={"recordingUrl": url})


def recording() -> Recording:
    return Recording.objects.get()


def ended(state: str) -> None:
    Recording.objects.update(state=state, attempts=1, last_error="It was so.")


def test_a_call_without_a_recording_waits_for_none(
    post: Post, process: Process, recording_wakeups: list[None]
) -> None:
    post(session())
    process()

    assert not Recording.objects.exists()
    assert not recording_wakeups


def test_a_worker_is_woken_for_what_is_wanted_and_for_nothing_else(
    post: Post, process: Process, recording_wakeups: list[None]
) -> None:
    post(with_recording(URL))
    process()
    assert len(recording_wakeups) == 1
    ended(State.DONE)

    post(with_recording(FRESHLY_SIGNED))
    process()
    assert len(recording_wakeups) == 1

    post(with_recording(OTHER_URL))
    process()
    assert len(recording_wakeups) == 2


def test_a_recording_waits_to_be_fetched(post: Post, process: Process) -> None:
    post(with_recording(URL))
    process()

    assert recording().conversation == Conversation.objects.get()
    assert recording().source_url == URL
    assert recording().state == State.WAITING


@pytest.mark.parametrize("url", [URL, OTHER_URL])
def test_it_is_noted_when_a_recording_was_named_last(
    post: Post, process: Process, url: str
) -> None:
    """For so long its server may not have it yet, however old its call is."""
    post(with_recording(URL))
    process()
    first = recording().named_at
    assert first
    ended(State.FAILED)
    Conversation.objects.update(created_at="2020-01-01T00:00Z")
    Recording.objects.update(named_at="2020-01-01T00:00Z")
    assert not recording().may_still_come()

    post(with_recording(url))
    process()
    named_at = recording().named_at
    assert named_at
    assert named_at > first
    assert recording().may_still_come()


def test_one_that_is_here_is_not_fetched_again(post: Post, process: Process) -> None:
    post(with_recording(URL))
    process()
    ended(State.DONE)

    post(with_recording(FRESHLY_SIGNED))
    process()

    assert recording().state == State.DONE
    assert recording().source_url == URL


def test_one_that_still_waits_goes_by_the_newest_signature(
    post: Post, process: Process
) -> None:
    post(with_recording(URL))
    process()

    post(with_recording(FRESHLY_SIGNED))
    process()

    assert recording().state == State.WAITING
    assert recording().source_url == FRESHLY_SIGNED


def test_one_that_is_being_fetched_is_left_to_its_worker(
    post: Post, process: Process
) -> None:
    post(with_recording(URL))
    process()
    claimed = Recording.claim_next()
    assert claimed

    post(with_recording(FRESHLY_SIGNED))
    process()

    assert claimed.claimed().exists()


def test_another_address_is_fetched_and_takes_the_old_one_off_its_worker(
    post: Post, process: Process
) -> None:
    post(with_recording(URL))
    process()
    claimed = Recording.claim_next()
    assert claimed

    post(with_recording(OTHER_URL))
    process()

    assert not claimed.claimed().exists()
    assert recording().state == State.WAITING
    assert recording().source_url == OTHER_URL


def test_a_failed_one_is_tried_again_when_it_is_posted_again(
    post: Post, process: Process
) -> None:
    post(with_recording(URL))
    process()
    ended(State.FAILED)

    post(with_recording(FRESHLY_SIGNED))
    process()

    assert recording().state == State.WAITING
    assert recording().source_url == FRESHLY_SIGNED
    assert recording().attempts == 0
    assert recording().last_error == ""


def test_posting_without_it_tries_nothing_again(post: Post, process: Process) -> None:
    post(with_recording(URL))
    process()
    ended(State.FAILED)

    post(session())
    process()

    assert recording().state == State.FAILED


def test_a_replay_fetches_nothing_again(post: Post, process: Process) -> None:
    post(with_recording(URL))
    process()
    ended(State.FAILED)

    replay_delivery(delivery=Delivery.objects.get(), by=None)
    process()

    assert recording().state == State.FAILED


def test_the_length_of_the_audio_outlives_a_post_that_tells_none(
    post: Post, process: Process
) -> None:
    post(session())
    process()
    Conversation.objects.update(recorded_seconds=12.5, duration_seconds=12.5)

    post(session(version="2"))
    process()

    assert Conversation.objects.get().duration_seconds == 12.5


def test_erasing_takes_the_file_along(post: Post, process: Process) -> None:
    post(with_recording(URL))
    process()
    name = files.name_of(Conversation.objects.get(), "0" * 64, "ogg")
    files.recordings_storage().save(name, ContentFile(b"audio"))
    Recording.objects.update(file=name, state=State.DONE)

    erase_conversation(conversation=Conversation.objects.get(), by=None)

    assert not files.recordings_storage().exists(name)
    assert not Recording.objects.exists()
    assert not UnusedFile.objects.exists()
