"""`/org/<slug>/deliveries/<id>/replay`."""

import html
import re

import pytest

from accounts.models import AuditAction, AuditEntry
from conversations.models import Agent, Conversation
from integrations.models import Delivery
from tests.integrations.conftest import session

LIVEKIT = {"X-Zelto-Provider": "livekit"}


@pytest.fixture(autouse=True)
def replay_wakeups(monkeypatch):
    sent: list[None] = []
    monkeypatch.setattr(
        "integrations.processing.replay.wake_worker", lambda: sent.append(None)
    )
    return sent


@pytest.fixture
def replay(dora_client):
    def send(delivery, client=dora_client, **form):
        return client.post(f"/org/acme/deliveries/{delivery.uuid}/replay", form)

    return send


def words(response):
    text = re.sub(r"<[^>]*>", " ", response.content.decode().partition("<main")[2])
    return html.unescape(re.sub(r"\s+", " ", text))


def dialog_of(client, delivery):
    content = client.get(f"/org/acme/deliveries/{delivery.uuid}").content.decode()
    return content.partition('id="replay" popover')[2].partition("</form>")[0]


def test_a_processed_one_makes_its_conversation_again(
    replay, dora_client, dora, post, process
):
    post(session(metadata={"campaign": "spring"}))
    process()
    Conversation.objects.update(metadata={"campaign": "damaged"})
    row = Delivery.objects.get()
    assert "The conversation comes out the same" in dialog_of(dora_client, row)
    response = replay(row)
    assert response["Location"] == f"/org/acme/deliveries/{row.uuid}"
    after = dora_client.get(response["Location"])
    assert "The conversation was made again from its deliveries." in words(after)
    assert Conversation.objects.get().metadata == {"campaign": "spring"}
    entry = AuditEntry.objects.get(action=AuditAction.DELIVERY_REPLAYED)
    assert (entry.by, entry.subject) == (dora, "call-1")
    assert entry.detail == {"id": str(row.uuid)}


def test_a_large_call_is_said_to_be_under_way(
    replay, dora_client, post, process, monkeypatch
):
    post(session(metadata={"campaign": "spring"}))
    process()
    monkeypatch.setattr("integrations.delivery_log.read.MAX_SMALL_BYTES", 1)
    Conversation.objects.update(metadata={"campaign": "damaged"})
    row = Delivery.objects.get()

    after = dora_client.get(replay(row)["Location"])

    assert "Its call is large, so the worker reads it again" in words(after)
    assert "The worker is reading the deliveries of its call again." in words(after)
    assert b"data-refresh" in after.content
    assert not dialog_of(dora_client, row)
    assert Conversation.objects.get().metadata == {"campaign": "damaged"}
    process()
    settled = dora_client.get(f"/org/acme/deliveries/{row.uuid}")
    assert "is reading the deliveries" not in words(settled)
    assert b"data-refresh" not in settled.content
    assert Conversation.objects.get().metadata == {"campaign": "spring"}


def test_a_failed_one_is_tried_again(
    replay, dora_client, post, process, replay_wakeups
):
    post(session())
    Delivery.objects.update(outcome="failed", reason="No.", attempts=5)
    row = Delivery.objects.get()
    assert "tried again, up to 5 times" in dialog_of(dora_client, row)
    after = dora_client.get(replay(row)["Location"])
    assert "It is being tried again." in words(after)
    assert b"data-refresh" in after.content
    assert replay_wakeups
    process()
    assert Conversation.objects.count() == 1


def test_a_refused_one_that_fits_now_becomes_a_new_delivery(
    replay, dora_client, organization, post, process
):
    agent = Agent(organization=organization, provider="livekit", external_id="a")
    body = session(agentId=str(agent.id))
    del body["agent"]
    post(body, **LIVEKIT)
    old = Delivery.objects.get(status=422)
    agent.save()

    response = replay(old)

    new = Delivery.objects.exclude(pk=old.pk).get()
    assert response["Location"] == f"/org/acme/deliveries/{new.uuid}"
    after = dora_client.get(response["Location"])
    assert "It fits now. This is the new delivery" in words(after)
    assert f'href="/org/acme/deliveries/{old.uuid}"' in after.content.decode()
    process()
    assert Conversation.objects.get().agent == agent
    assert "Processed" in words(dora_client.get(response["Location"]))


def test_the_page_of_the_new_one_leads_to_the_old_one_whatever_its_reason(
    replay, dora_client, post
):
    post(session(), **{"X-Zelto-Provider": "acmephone"})
    old = Delivery.objects.get()
    replay(old, provider="zelto")
    new = Delivery.objects.exclude(pk=old.pk).get()
    Delivery.objects.filter(pk=new.pk).update(reason="")
    page = dora_client.get(f"/org/acme/deliveries/{new.uuid}")
    assert "Replay of" in words(page)
    assert f'href="/org/acme/deliveries/{old.uuid}"' in page.content.decode()


def test_a_refused_one_that_still_does_not_fit_says_what(replay, post):
    post(session(transcript={"turns": [{"role": "<b>bot"}]}))
    row = Delivery.objects.get()
    response = replay(row)
    assert response.status_code == 422
    assert "Not replayed. It still does not fit, and nothing changed: 422" in words(
        response
    )
    assert "<b>bot" not in response.content.decode()
    assert Delivery.objects.count() == 1
    assert not AuditEntry.objects.filter(action=AuditAction.DELIVERY_REPLAYED).exists()


def test_another_provider_may_be_chosen_for_a_refused_one(
    replay, dora_client, post, process
):
    post(session(), **{"X-Zelto-Provider": "live-kit"})
    row = Delivery.objects.get()
    dialog = dialog_of(dora_client, row)
    assert re.findall(r'<option value="(\w+)"', dialog) == ["zelto", "livekit"]
    replay(row, provider="livekit")
    process()
    assert Conversation.objects.get().provider == "livekit"


def test_the_provider_of_the_log_is_chosen_already(dora_client, post):
    post(session(transcript={"turns": 1}), **LIVEKIT)
    dialog = dialog_of(dora_client, Delivery.objects.get())
    assert '<option value="livekit" selected>' in dialog


def test_an_unknown_provider_is_the_one_in_the_log(replay, post):
    post(session(transcript={"turns": 1}), **LIVEKIT)
    response = replay(Delivery.objects.get(), provider="vapi")
    assert response.status_code == 422
    assert "transcript.turns" in words(response)


def test_without_a_body_nothing_can_be_replayed(replay, post, process):
    post(session())
    process()
    Delivery.objects.update(body=None)
    response = replay(Delivery.objects.get())
    assert response.status_code == 409
    assert "Not replayed. Its body is gone" in words(response)


def test_an_ignored_one_says_so(replay, dora_client, post):
    post(session())
    Delivery.objects.update(outcome="ignored", reason="Its call was erased.")
    row = Delivery.objects.get()
    assert dialog_of(dora_client, row) == ""
    assert replay(row).status_code == 409


def test_one_that_waits_is_only_pushed(replay, post, replay_wakeups):
    post(session())
    row = Delivery.objects.get()
    assert replay(row).status_code == 302
    assert replay_wakeups
    assert Delivery.objects.get().attempts == 0


def test_the_address_bar_leads_back(dora_client, post):
    post(session())
    url = f"/org/acme/deliveries/{Delivery.objects.get().uuid}"
    assert dora_client.get(f"{url}/replay")["Location"] == url


def test_it_is_for_admins_of_the_organization(
    replay, client, bob_client, charlie_client, post
):
    post(session())
    Delivery.objects.update(outcome="failed")
    row = Delivery.objects.get()
    assert replay(row, bob_client).status_code == 403
    assert replay(row, charlie_client).status_code == 404
    assert replay(row, client)["Location"].startswith("/login")
    theirs = f"/org/globex/deliveries/{row.uuid}/replay"
    assert charlie_client.post(theirs).status_code == 404
    assert Delivery.objects.get().outcome == "failed"
