"""The pages of channels: who may see and change what, and that no secret is shown again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEntry, Organization, User
from alerts.channels.registry import KINDS, config_of
from alerts.models import Attempt, Channel, Message
from conversations.models import Agent
from tests.alerts.pages.conftest import MakeChannel

pytestmark = pytest.mark.django_db

PAGE = "/org/acme/alerts/channels"
SCRIPT = "<script>alert(1)</script>"
HOOK = "https://hooks.slack.com/services/T000/B000/a-secret-that-nobody-sees-again"
WEBHOOK = {"url": "https://example.com/zelto/a-secret-path-of-many-letters"}


def content_of(client: Client, path: str = PAGE) -> str:
    response = client.get(path)
    assert response.status_code == 200, response
    return response.content.decode()


def add(client: Client, kind: str, **fields: str) -> Any:
    data = {"kind": kind, "id": str(uuid4()), "name": "On call"}
    named = {f"to_{name}": value for name, value in fields.items() if name != "name"}
    return client.post(f"{PAGE}/new", data | named)


def attempt(channel: Channel, **fields: Any) -> Attempt:
    message = Message.objects.create(
        organization=channel.organization,
        channel=channel,
        event="issue.opened",
        about=str(uuid4()),
    )
    usual = {"number": 1, "was_taken": True, "status": 200, "seconds": 0.1}
    return Attempt.objects.create(
        organization=channel.organization,
        channel=channel,
        message=message,
        **usual | fields,
    )


def test_each_kind_has_a_form_of_its_own_fields(dora_client: Client) -> None:
    listed = content_of(dora_client)
    for name, kind in KINDS.items():
        assert f"{PAGE}/new?kind={name}" in listed
        form = content_of(dora_client, f"{PAGE}/new?kind={name}")
        for field in kind.fields:
            assert f'for="channel-to_{field.name}"' in form or field.choices
            assert f'name="to_{field.name}"' in form


def test_an_unknown_kind_leads_back(dora_client: Client) -> None:
    response = dora_client.get(f"{PAGE}/new?kind=pigeon")
    assert response["Location"] == PAGE


def test_an_admin_adds_a_channel_and_its_secret_is_shown_nowhere(
    dora: User, dora_client: Client
) -> None:
    response = add(dora_client, "slack", url=HOOK)
    channel = Channel.objects.get()
    assert response["Location"] == f"{PAGE}/{channel.pk}"
    assert config_of(channel) == {"url": HOOK}
    assert channel.created_by == dora
    for path in (PAGE, f"{PAGE}/{channel.pk}", "/org/acme/settings/audit"):
        content = content_of(dora_client, path)
        assert "On call" in content
        assert "a-secret-that-nobody" not in content
    assert channel.shown in content_of(dora_client)
    assert AuditEntry.objects.get().action == "channel.added"


def test_a_form_that_does_not_fit_says_why_and_echoes_no_secret(
    dora_client: Client,
) -> None:
    response = add(dora_client, "slack", url="https://example.com/typed-by-mistake")
    content = response.content.decode()
    assert "This is the address of another service." in content
    assert "typed-by-mistake" not in content
    assert not Channel.objects.exists()
    assert "This field is required" in add(dora_client, "slack").content.decode()


def test_a_form_that_is_sent_twice_makes_one_channel(dora_client: Client) -> None:
    data = {"kind": "slack", "id": str(uuid4()), "name": "One", "to_url": HOOK}
    for _ in range(2):
        dora_client.post(f"{PAGE}/new", data)
    assert Channel.objects.count() == 1


def test_a_webhooks_secret_is_shown_once(dora_client: Client) -> None:
    response = add(dora_client, "webhook", **WEBHOOK)
    channel = Channel.objects.get()
    secret = (config_of(channel) or {})["secret"]
    assert secret in response.content.decode()
    assert "no-store" in response["Cache-Control"]
    assert secret not in content_of(dora_client, f"{PAGE}/{channel.pk}")
    assert secret[-4:] in content_of(dora_client, f"{PAGE}/{channel.pk}")


def test_a_webhooks_secret_is_rotated_with_an_overlap(
    dora_client: Client, make_channel: MakeChannel
) -> None:
    channel = make_channel("webhook", WEBHOOK)
    before = (config_of(channel) or {})["secret"]
    page = f"{PAGE}/{channel.pk}"
    masked = content_of(dora_client, page).split('name="before" value="')[1]
    data = {"before": masked.split('"')[0]}
    response = dora_client.post(f"{page}/rotate", data)
    channel.refresh_from_db()
    after = (config_of(channel) or {})["secret"]
    assert after != before
    assert after in response.content.decode()
    assert channel.former_secret == before
    assert channel.former_secret_until is not None
    assert channel.former_secret_until > timezone.now() + timedelta(hours=23)
    # Sent again, as by a reload: the one before the last is still good.
    again = dora_client.post(f"{page}/rotate", data, follow=True)
    assert "was not rotated again" in again.content.decode()
    channel.refresh_from_db()
    assert (config_of(channel) or {})["secret"] == after
    assert "with the one before as well" in content_of(dora_client, page)


def test_only_a_webhook_has_a_secret_to_rotate(
    dora_client: Client, make_channel: MakeChannel
) -> None:
    page = f"{PAGE}/{make_channel().pk}"
    assert "Rotate" not in content_of(dora_client, page)
    response = dora_client.post(f"{page}/rotate", follow=True)
    assert "Only a webhook has a signing secret." in response.content.decode()


def test_an_empty_secret_stays_as_it_was(
    dora_client: Client, make_channel: MakeChannel
) -> None:
    channel = make_channel("slack", {"url": HOOK})
    page = f"{PAGE}/{channel.pk}"
    dora_client.post(f"{page}/change", {"name": "Renamed", "to_url": ""})
    channel.refresh_from_db()
    assert channel.name == "Renamed"
    assert config_of(channel) == {"url": HOOK}
    dora_client.post(f"{page}/change", {"name": "Renamed", "to_url": f"{HOOK}x"})
    channel.refresh_from_db()
    assert config_of(channel) == {"url": f"{HOOK}x"}
    entries = [one.detail["change"] for one in AuditEntry.objects.order_by("id")]
    assert len(entries) == 2
    assert "its name, before Admins" in entries[0]
    assert "where it leads" in entries[1]
    assert "a-secret-that-nobody" not in str(entries)


def test_a_kept_secret_is_not_sent_to_another_server(
    dora_client: Client, make_channel: MakeChannel
) -> None:
    values = {"server": "https://ntfy.sh", "topic": "ours", "token": "tk_secret"}
    channel = make_channel("ntfy", values)
    data = {"name": "x", "to_server": "https://ntfy.example.com"}
    response = dora_client.post(f"{PAGE}/{channel.pk}/change", data)
    assert "Enter it again" in response.content.decode()
    channel.refresh_from_db()
    assert (config_of(channel) or {})["server"] == "https://ntfy.sh"


def test_what_a_channel_is_told_is_chosen(
    dora_client: Client, make_channel: MakeChannel, agent: Agent
) -> None:
    channel = make_channel("webhook", WEBHOOK)
    routing = f"{PAGE}/{channel.pk}/routing"
    data = {
        "sends_issues": "on",
        "kinds": ["agent_silent", "sessions_refused"],
        "agents": [str(agent.pk)],
        "events": ["conversation.created"],
        "sends_content": "on",
    }
    assert dora_client.post(routing, data).status_code == 302
    channel.refresh_from_db()
    assert channel.kinds == ["agent_silent", "sessions_refused"]
    assert channel.agents == [agent.pk]
    assert channel.events == ["conversation.created"]
    assert channel.sends_content
    assert AuditEntry.objects.count() == 1
    dora_client.post(routing, data)
    assert AuditEntry.objects.count() == 1
    content = content_of(dora_client, f"{PAGE}/{channel.pk}")
    assert f'value="{agent.pk}" selected' in content
    nothing = dora_client.post(routing, {})
    assert "Nothing would be sent" in nothing.content.decode()
    unknown = dora_client.post(routing, {"sends_issues": "on", "kinds": ["x"]})
    assert "Select a valid choice" in unknown.content.decode()


def test_only_mail_has_a_summary_and_only_webhooks_have_events(
    dora_client: Client, make_channel: MakeChannel
) -> None:
    mail, slack = make_channel(), make_channel("slack", {"url": HOOK})
    of_mail = content_of(dora_client, f"{PAGE}/{mail.pk}")
    assert 'name="sends_summary"' in of_mail
    assert 'name="events"' not in of_mail
    data = {"sends_issues": "on", "events": ["conversation.created"]}
    dora_client.post(f"{PAGE}/{slack.pk}/routing", data)
    slack.refresh_from_db()
    assert slack.events == []


def test_a_test_is_sent_by_a_worker_and_its_answer_is_on_the_page(
    dora_client: Client, make_channel: MakeChannel, organization: Organization
) -> None:
    channel = make_channel("slack", {"url": HOOK})
    page = f"{PAGE}/{channel.pk}"
    response = dora_client.post(f"{page}/test")
    message = Message.objects.get()
    assert response["Location"] == f"{page}?test={message.pk}"
    assert AuditEntry.objects.get().action == "channel.tested"
    content = content_of(dora_client, f"{page}?test={message.pk}")
    assert "Test on its way" in content
    assert f'data-refresh="{page}/status?test={message.pk}"' in content
    Attempt.objects.create(
        organization=organization,
        channel=channel,
        message=message,
        number=1,
        was_taken=False,
        status=404,
        answer="no_team",
        reason="Slack does not know this address.",
        seconds=0.2,
    )
    live = content_of(dora_client, f"{page}/status?test={message.pk}")
    assert "Test not taken" in live
    assert "Slack does not know this address." in live
    assert "Test " not in content_of(dora_client, f"{page}?test=x")
    other = make_channel(name="Other")
    elsewhere = content_of(dora_client, f"{PAGE}/{other.pk}?test={message.pk}")
    assert "Test not taken" not in elsewhere


def test_a_disabled_channel_says_why_and_is_enabled_again(
    dora_client: Client, bob_client: Client, make_channel: MakeChannel
) -> None:
    channel = make_channel(
        disabled_at=timezone.now(), disabled_reason="It was gone.", failures=5
    )
    page = f"{PAGE}/{channel.pk}"
    assert "It was gone." in content_of(dora_client, page)
    assert "is disabled" in content_of(bob_client, "/org/acme/alerts")
    dora_client.post(f"{page}/enable")
    channel.refresh_from_db()
    assert (channel.disabled_at, channel.failures) == (None, 0)
    assert "Enable again" not in content_of(dora_client, page)
    dora_client.post(f"{page}/enable")
    assert AuditEntry.objects.count() == 1


def test_the_log_has_every_try_in_pages(
    dora_client: Client, make_channel: MakeChannel
) -> None:
    channel = make_channel()
    for number in range(30):
        attempt(channel, was_taken=False, status=None, reason=f"reason-{number:02d}")
    page = f"{PAGE}/{channel.pk}"
    newest = content_of(dora_client, page)
    assert "reason-29" in newest
    assert "reason-04" not in newest
    older = newest.split('rel="next" href="')[1].split('"')[0]
    second = content_of(dora_client, f"{page}{older}")
    assert "reason-04" in second
    assert "reason-05" not in second
    # On older pages nothing moves.
    assert "data-refresh" not in second


def test_what_cannot_be_read_any_more_is_entered_again(
    dora_client: Client, make_channel: MakeChannel
) -> None:
    channel = make_channel("slack", {"url": HOOK})
    Channel.objects.update(secret=None)
    page = f"{PAGE}/{channel.pk}"
    assert "can no longer be read" in content_of(dora_client, page)
    dora_client.post(f"{page}/change", {"name": "x", "to_url": HOOK})
    channel.refresh_from_db()
    assert config_of(channel) == {"url": HOOK}


def test_a_channel_is_removed(dora_client: Client, make_channel: MakeChannel) -> None:
    channel = make_channel()
    attempt(channel)
    dora_client.post(f"{PAGE}/{channel.pk}/remove")
    assert not Channel.objects.exists()
    assert AuditEntry.objects.get().action == "channel.removed"
    assert "removed the alert channel" in content_of(
        dora_client, "/org/acme/settings/audit"
    )


def test_a_member_sees_names_and_nothing_else(
    bob_client: Client, make_channel: MakeChannel
) -> None:
    channel = make_channel("slack", {"url": HOOK}, name="Ops")
    content = content_of(bob_client)
    assert "Ops" in content
    assert channel.shown not in content
    assert "Add a channel" not in content
    page = f"{PAGE}/{channel.pk}"
    assert bob_client.get(page).status_code == 403
    assert bob_client.get(f"{page}/status").status_code == 403
    assert bob_client.get(f"{PAGE}/new?kind=slack").status_code == 403
    for what in ("change", "routing", "test", "rotate", "enable", "remove"):
        assert bob_client.post(f"{page}/{what}").status_code == 403
    assert Channel.objects.count() == 1


def test_an_outsider_finds_no_channel(
    charlie_client: Client, make_channel: MakeChannel
) -> None:
    channel = make_channel(name="Ours alone")
    assert charlie_client.get(PAGE).status_code == 404
    own = "/org/globex/alerts/channels"
    assert "Ours alone" not in content_of(charlie_client, own)
    for base in (PAGE, own):
        page = f"{base}/{channel.pk}"
        assert charlie_client.get(page).status_code == 404
        assert charlie_client.get(f"{page}/status").status_code == 404
        for what in ("change", "routing", "test", "rotate", "enable", "remove"):
            assert charlie_client.post(f"{page}/{what}").status_code == 404
    # An id that is taken says nothing of whose it is, and changes nothing there.
    data = {"kind": "slack", "id": str(channel.pk), "name": "x", "to_url": HOOK}
    assert charlie_client.post(f"{own}/new", data)["Location"] == own
    channel.refresh_from_db()
    assert channel.name == "Ours alone"


@pytest.mark.parametrize("what", ["test", "enable", "remove"])
def test_what_acts_at_once_is_a_post_with_a_token(
    dora: User, dora_client: Client, make_channel: MakeChannel, what: str
) -> None:
    page = f"{PAGE}/{make_channel().pk}"
    assert dora_client.get(f"{page}/{what}").status_code == 405
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(dora)
    assert strict.post(f"{page}/{what}").status_code == 403
    assert Channel.objects.count() == 1
    assert not Message.objects.exists()


@pytest.mark.parametrize("what", ["change", "routing", "rotate"])
def test_forms_lead_back_when_their_address_is_opened(
    dora: User, dora_client: Client, make_channel: MakeChannel, what: str
) -> None:
    page = f"{PAGE}/{make_channel().pk}"
    assert dora_client.get(f"{page}/{what}")["Location"] == page
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(dora)
    assert strict.post(f"{page}/{what}").status_code == 403


def test_names_and_answers_are_never_read_as_markup(
    dora_client: Client, bob_client: Client, make_channel: MakeChannel
) -> None:
    channel = make_channel(
        name=SCRIPT, disabled_at=timezone.now(), disabled_reason=SCRIPT
    )
    attempt(channel, answer=SCRIPT)
    attempt(channel, was_taken=False, reason=SCRIPT)
    page = f"{PAGE}/{channel.pk}"
    for path in (PAGE, page, f"{page}/status", "/org/acme/alerts"):
        assert SCRIPT not in content_of(dora_client, path)
    assert SCRIPT not in content_of(bob_client)


def test_the_list_reads_no_secret(
    dora_client: Client, make_channel: MakeChannel
) -> None:
    make_channel("slack", {"url": HOOK})
    Channel.objects.update(secret=None)
    assert "Admins" in content_of(dora_client)
