"""`POST /org/<slug>/settings/integrations/livekit/test-session`."""

import json
import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from conversations.models import Charge, Conversation
from integrations.models import Connection, Delivery
from integrations.providers import read
from integrations.settings_pages import sample_session
from integrations.settings_pages.actions import send_test_session

URL = "/org/acme/settings/integrations/livekit/test-session"
PAGE = "/org/acme/settings/integrations/livekit"


@pytest.fixture(autouse=True)
def woken(monkeypatch):
    """Each nudge of a worker is noted."""
    wakeups: list[None] = []
    monkeypatch.setattr(
        "integrations.settings_pages.actions.wake_worker", lambda: wakeups.append(None)
    )
    return wakeups


def test_it_goes_into_the_log_as_a_workers_post_would(dora_client, organization, woken):
    response = dora_client.post(URL)
    delivery = Delivery.objects.get()
    assert response.status_code == 302
    assert response["Location"] == f"{PAGE}?test={delivery.uuid}#verify"
    assert delivery.organization == organization
    assert delivery.outcome == "accepted"
    assert delivery.provider == "livekit"
    assert delivery.key is None
    assert delivery.agent_reference == "zelto-test"
    assert delivery.body is not None
    body = json.loads(bytes(delivery.body))
    assert body["metadata"]["zeltoTest"] is True
    assert body["call"]["externalId"] == delivery.external_id
    assert delivery.size == len(delivery.body)
    assert len(woken) == 1


def test_each_is_a_call_of_its_own(dora_client):
    dora_client.post(URL)
    dora_client.post(URL)
    assert len(set(Delivery.objects.values_list("external_id", flat=True))) == 2


def test_it_becomes_a_test_conversation_that_costs_nothing(
    dora_client, organization, process
):
    dora_client.post(URL)
    process()
    conversation = Conversation.objects.get()
    assert conversation.is_test
    assert conversation.agent.external_id == "zelto-test"
    assert conversation.turn_count == len(sample_session.SCRIPT)
    assert conversation.duration_seconds == 17
    assert not Charge.objects.exists()
    assert not Connection.objects.exists()


def test_its_body_fits_without_a_warning():
    body = sample_session.build(ended_at=timezone.now(), sent_by="Ada")
    reading = read("livekit", json.loads(json.dumps(body)))
    assert reading.update is not None
    assert reading.errors == reading.warnings == []


def test_the_page_follows_it(dora_client, process):
    address = dora_client.post(URL)["Location"].partition("#")[0]
    content = dora_client.get(address).content.decode()
    assert "The test session is stored." in content
    delivery = Delivery.objects.get()
    assert f"{PAGE}/status?test={delivery.uuid}" in content
    process()
    content = dora_client.get(f"{PAGE}/status?test={delivery.uuid}").content.decode()
    assert "The test session arrived." in content
    assert f"/org/acme/conversations/{Conversation.objects.get().id}" in content


def test_it_says_when_nothing_processes_it(dora_client):
    address = dora_client.post(URL)["Location"].partition("#")[0]
    Delivery.objects.update(received_at=timezone.now() - timedelta(minutes=1))
    assert "worker process running?" in dora_client.get(address).content.decode()


@pytest.mark.parametrize("test", ["x", "", str(uuid.UUID(int=7)), "\0"])
def test_an_address_without_such_a_session_is_just_the_page(dora_client, test):
    response = dora_client.get(PAGE, {"test": test})
    assert response.status_code == 200
    assert "The test session" not in response.content.decode()


def test_another_organizations_test_session_is_not_shown(
    dora_client, other_organization, charlie
):
    theirs = send_test_session(organization=other_organization, by=charlie)
    response = dora_client.get(PAGE, {"test": str(theirs.uuid)})
    assert "The test session" not in response.content.decode()


def test_it_refuses_a_member(bob_client):
    assert bob_client.post(URL).status_code == 403
    assert not Delivery.objects.exists()


def test_it_refuses_an_outsider(charlie_client, organization):
    assert charlie_client.post(URL).status_code == 404
    assert not Delivery.objects.exists()


def test_signed_out_leads_to_the_login(client, organization):
    assert client.post(URL)["Location"].startswith("/login")
    assert not Delivery.objects.exists()


def test_it_is_not_sent_by_reading(dora_client):
    assert dora_client.get(URL).status_code == 405
