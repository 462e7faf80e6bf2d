"""A recording that could not be had is fetched again when somebody asks for it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from conversations.models import Recording
from tests.conversations.conftest import MakeConversation

pytestmark = pytest.mark.django_db(transaction=True)
State = Recording.State


@pytest.fixture
def recording(make_conversation: MakeConversation) -> Recording:
    return Recording.objects.create(
        conversation=make_conversation(),
        source_url="https://example.com/a.ogg",
        state=State.FAILED,
        attempts=5,
        last_error="The server answered 503.",
        fetched_bytes=7,
        expected_bytes=9,
    )


def retry(client: Client, recording: Recording, slug: str = "acme") -> Any:
    url = reverse("conversations:recording-retry", args=[slug, recording.pk])
    answered = client.post(url)
    recording.refresh_from_db()
    return answered


def test_a_member_has_it_fetched_again_from_the_beginning(
    recording: Recording, bob_client: Client, recording_wakeups: list[None]
) -> None:
    answered = retry(bob_client, recording)
    assert answered.status_code == 302
    assert answered["Location"].endswith(f"/org/acme/conversations/{recording.pk}")
    assert (recording.state, recording.attempts) == (State.WAITING, 0)
    assert (recording.last_error, recording.fetched_bytes) == ("", 0)
    assert recording.expected_bytes is None
    assert len(recording_wakeups) == 1


def test_one_that_waits_for_its_next_try_is_due_now(
    recording: Recording, bob_client: Client
) -> None:
    Recording.objects.update(
        state=State.WAITING, next_try_at=timezone.now() + timedelta(hours=1)
    )
    retry(bob_client, recording)
    assert recording.next_try_at is None


@pytest.mark.parametrize(
    "fields",
    [
        {"state": State.RUNNING},
        {"state": State.DONE, "file": "a/b/c.ogg"},
        {"source_url": ""},
    ],
)
def test_what_is_under_way_or_here_stays_as_it_is(
    recording: Recording,
    bob_client: Client,
    recording_wakeups: list[None],
    fields: dict[str, object],
) -> None:
    Recording.objects.update(**fields)
    assert retry(bob_client, recording).status_code == 302
    assert recording.attempts == 5
    assert not recording_wakeups


def test_it_refuses_an_outsider(recording: Recording, charlie_client: Client) -> None:
    assert retry(charlie_client, recording).status_code == 404
    assert retry(charlie_client, recording, slug="globex").status_code == 404
    assert recording.state == State.FAILED


def test_it_sends_who_is_signed_out_to_the_login(recording: Recording) -> None:
    assert retry(Client(), recording)["Location"].startswith("/login")
    assert recording.state == State.FAILED


def test_it_takes_only_posts(recording: Recording, bob_client: Client) -> None:
    url = reverse("conversations:recording-retry", args=["acme", recording.pk])
    assert bob_client.get(url).status_code == 405
