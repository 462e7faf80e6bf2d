"""Before the first session the page is the way there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import ApiKey, Organization
from conversations.models import Conversation
from integrations.models import Delivery, LiveKitProject, WorkerPulse
from tests.conftest import MakeKey
from tests.conversations.conftest import MakeConversation

HOME = "/org/acme/"


def text_of(client: Client, path: str = HOME) -> str:
    return " ".join(client.get(path).content.decode().split())


def done(text: str) -> list[int]:
    """Return the numbers of the steps that are ticked."""
    ticked = text.split("Done: </span><span>")[1:]
    return [int(one[0]) for one in ticked]


@pytest.fixture
def post(organization: Organization, make_key: MakeKey) -> Any:
    key, _ = make_key(organization, name="livekit-prod")

    def made(outcome: str, **fields: Any) -> Delivery:
        values = {
            "organization": organization,
            "key": key,
            "provider": "livekit",
            "external_id": "RM_1",
            "status": 200 if outcome == "accepted" else 422,
            "outcome": outcome,
            "body": b"{}",
            "size": 2,
        }
        return Delivery.objects.create(**values | fields)

    return made


@pytest.fixture(autouse=True)
def worker_runs(worker: WorkerPulse) -> None:
    """Have a worker run."""


def test_it_leads_an_admin_to_a_key_first(dora_client: Client) -> None:
    text = text_of(dora_client)
    assert "No session has arrived yet. A few steps lead to the first one." in text
    assert done(text) == []
    assert 'settings/integrations/livekit#keys">Create API key</a>' in text
    assert "settings/integrations/livekit#ways" in text
    assert "settings/integrations/livekit/projects" in text
    assert "settings/integrations/livekit#verify" in text


def test_a_member_is_told_who_makes_keys(bob_client: Client) -> None:
    text = text_of(bob_client)
    assert "An admin or owner of Acme creates it." in text
    assert "Create API key</a>" not in text
    assert "Watch a project</a>" not in text
    assert "send a test session" not in text


def test_a_key_ticks_the_first_step(
    organization: Organization, make_key: MakeKey, dora_client: Client
) -> None:
    make_key(organization)
    text = text_of(dora_client)
    assert done(text) == [1]
    assert "A key is ready." in text


def test_a_key_that_cannot_post_does_not(
    organization: Organization, make_key: MakeKey, dora_client: Client
) -> None:
    make_key(organization, scope=ApiKey.Scope.READ)
    assert done(text_of(dora_client)) == []


def test_a_project_that_is_watched_ticks_the_third(
    organization: Organization, dora_client: Client
) -> None:
    LiveKitProject.objects.create(organization=organization, name="production")
    assert done(text_of(dora_client)) == [3]


def test_a_post_that_waits_ticks_the_second(post: Any, dora_client: Client) -> None:
    post("accepted")
    text = text_of(dora_client)
    assert done(text) == [1, 2]
    assert "The first session is stored" in text


def test_a_post_that_was_refused_says_why(post: Any, dora_client: Client) -> None:
    refused = post("rejected", reason="turns[3].role is no role & never was")
    text = text_of(dora_client)
    assert "Something posts, and is refused: see below." in text
    assert "turns[3].role is no role &amp; never was" in text
    assert f"/org/acme/deliveries/{refused.uuid}" in text


def test_a_member_reads_why_and_is_led_to_no_delivery(
    post: Any, bob_client: Client
) -> None:
    post("rejected", reason="turns[3].role is no role")
    text = text_of(bob_client)
    assert "turns[3].role is no role" in text
    assert "/deliveries/" not in text


def test_a_test_is_shown_and_is_no_beginning(
    make_conversation: MakeConversation, dora_client: Client
) -> None:
    test = make_conversation(is_test=True)
    text = text_of(dora_client)
    assert "A test arrived" in text
    assert f"/org/acme/conversations/{test.id}" in text
    assert "z-home-steps" in text


def test_the_first_session_turns_it(
    make_conversation: MakeConversation, dora_client: Client
) -> None:
    etag = dora_client.get(HOME, headers={"HX-Request": "true"})["ETag"]
    poll = {"HX-Request": "true", "If-None-Match": etag}
    assert dora_client.get(HOME, headers=poll).status_code == 304
    make_conversation(created_at=timezone.now())
    text = " ".join(dora_client.get(HOME, headers=poll).content.decode().split())
    assert "z-home-steps" not in text
    assert "The agent forwards." in text
    assert 'id="home-content" data-part data-version="overview"' in text


def test_each_step_that_is_done_turns_it(post: Any, dora_client: Client) -> None:
    etag = dora_client.get(HOME, headers={"HX-Request": "true"})["ETag"]
    post("rejected", reason="one")
    poll = {"HX-Request": "true", "If-None-Match": etag}
    assert dora_client.get(HOME, headers=poll).status_code == 200


def test_it_stays_over_where_its_sessions_are_no_longer_kept(
    organization: Organization, dora_client: Client
) -> None:
    organization.connections.create(
        provider="livekit", first_session_at=timezone.now() - timedelta(days=400)
    )
    assert not Conversation.objects.exists()
    assert "z-home-steps" not in text_of(dora_client)


def test_it_says_that_no_worker_runs(worker: WorkerPulse, dora_client: Client) -> None:
    worker.seen_at = timezone.now() - timedelta(minutes=5)
    worker.save()
    assert "worker process does not run" in text_of(dora_client)


def test_a_long_name_of_an_organization_is_escaped(
    organization: Organization, bob_client: Client
) -> None:
    organization.name = "<b>" + "A" * 90
    organization.save()
    text = text_of(bob_client)
    assert "<b>A" not in text
