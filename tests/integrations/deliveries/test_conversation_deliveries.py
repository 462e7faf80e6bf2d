"""`/org/<slug>/conversations/<id>/deliveries`."""

import pytest

from conversations.models import Conversation
from integrations.models import Delivery
from tests.integrations.conftest import session

LIVEKIT = {"X-Zelto-Provider": "livekit"}


@pytest.fixture
def conversation(post, process):
    post(session(), **LIVEKIT)
    process()
    return Conversation.objects.get()


def url_of(conversation):
    return f"/org/acme/conversations/{conversation.id}/deliveries"


def panel_of(client, conversation):
    response = client.get(url_of(conversation), headers={"HX-Request": "true"})
    assert response.status_code == 200
    return response.content.decode()


def test_it_shows_each_post_of_the_call(dora_client, conversation, post, process):
    post({**session(), "extra": 1}, **LIVEKIT)
    process()
    post(session(transcript={"turns": [{"role": "<script>"}]}), **LIVEKIT)
    post(session("another-call"), **LIVEKIT)
    panel = panel_of(dora_client, conversation)
    assert "Deliveries (3)" in panel
    assert panel.index("Refused") < panel.index("Processed")
    assert "livekit-prod-worker" in panel
    assert "&lt;script&gt;" in panel
    assert "<script>" not in panel
    assert "1 warning" in panel
    assert '<span class="z-mono">extra</span>' in panel


def test_it_shows_what_waits_and_what_failed(dora_client, conversation, post):
    post(session(), **LIVEKIT)
    assert "Stored" in panel_of(dora_client, conversation)
    Delivery.objects.update(outcome="failed", reason="Its body is gone.")
    panel = panel_of(dora_client, conversation)
    assert "Failed" in panel
    assert "Its body is gone." in panel


def test_the_same_call_of_another_provider_is_another(dora_client, conversation, post):
    post(session())
    assert "Deliveries (1)" in panel_of(dora_client, conversation)


def test_the_same_call_of_another_organization_is_not_shown(
    dora_client, conversation, other_organization, make_key, post
):
    post(session(), key=make_key(other_organization)[1], **LIVEKIT)
    assert "Deliveries (1)" in panel_of(dora_client, conversation)


def test_a_long_past_is_cut(dora_client, conversation, post, monkeypatch):
    monkeypatch.setattr("integrations.deliveries.panels.MAX_DELIVERIES", 2)
    for _ in range(2):
        post(session(), **LIVEKIT)
    panel = panel_of(dora_client, conversation)
    assert "These are the newest 2." in panel
    assert panel.count("<dt>") == 2


def test_a_log_without_the_call_says_so(dora_client, conversation):
    Delivery.objects.all().delete()
    assert "no longer has the posts" in panel_of(dora_client, conversation)


def test_without_htmx_it_is_a_page(dora_client, conversation):
    response = dora_client.get(url_of(conversation))
    assert b"<html" in response.content
    assert b"Deliveries (1)" in response.content


def test_it_takes_a_fixed_number_of_queries(
    dora_client, conversation, post, process, django_assert_num_queries
):
    panel_of(dora_client, conversation)
    for _ in range(5):
        post(session(), **LIVEKIT)
    process()
    with django_assert_num_queries(6):
        panel_of(dora_client, conversation)


def test_it_tells_what_each_post_changed(dora_client, conversation, post, process):
    post(session(metadata={"<b>": 1}, version="v2"), **LIVEKIT)
    post(session(), **LIVEKIT)
    process()
    panel = panel_of(dora_client, conversation)
    assert panel.index("Changed nothing.") < panel.index("agent version")
    assert "Changed agent version, metadata (&lt;b&gt;)." in panel
    assert "Brought 2 turns." in panel
    assert "<b>" not in panel


def test_a_post_that_waits_is_announced_and_looked_for(dora_client, conversation, post):
    assert "not in the conversation yet" not in panel_of(dora_client, conversation)
    post(session(), **LIVEKIT)
    panel = panel_of(dora_client, conversation)
    assert "not in the conversation yet" in panel
    assert "hx-get" not in panel  # nobody said what they see
    seen = f"{url_of(conversation)}?seen={conversation.applied_through}"
    panel = dora_client.get(seen, headers={"HX-Request": "true"}).content.decode()
    assert f'hx-get="{seen}"' in panel


def test_a_page_that_is_no_longer_true_is_told_so(
    dora_client, conversation, post, process
):
    seen = f"{url_of(conversation)}?seen={conversation.applied_through}"
    assert "has changed this conversation" not in dora_client.get(seen).content.decode()
    post(session(version="v2"), **LIVEKIT)
    process()
    assert "has changed this conversation" in dora_client.get(seen).content.decode()


def test_what_is_seen_is_echoed_as_text(dora_client, conversation, post):
    post(session(), **LIVEKIT)
    nasty = f"{url_of(conversation)}?seen=%22%3E%3Cscript%3E"
    assert (
        "<script>"
        not in dora_client.get(nasty, headers={"HX-Request": "true"}).content.decode()
    )


def test_it_refuses_a_member(bob_client, conversation):
    assert bob_client.get(url_of(conversation)).status_code == 403


def test_it_refuses_an_outsider(charlie_client, conversation):
    assert charlie_client.get(url_of(conversation)).status_code == 404
    theirs = url_of(conversation).replace("acme", "globex")
    assert charlie_client.get(theirs).status_code == 404


def test_signed_out_leads_to_the_login(client, conversation):
    assert client.get(url_of(conversation))["Location"].startswith("/login")


def test_it_is_only_read(dora_client, conversation):
    assert dora_client.post(url_of(conversation)).status_code == 405
