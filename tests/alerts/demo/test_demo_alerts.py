"""The alerts of a demo: there once, shown on every page, sent to nobody."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Organization, User
from alerts.causes.keys import find_expiring
from alerts.demo.parts import add_alerts
from alerts.models import Channel, Issue, Message
from conversations.models import Agent

pytestmark = pytest.mark.django_db


@pytest.fixture
def added(organization: Organization, alice: User) -> None:
    Agent.objects.create(
        organization=organization,
        provider="livekit",
        external_id="front-desk",
        name="Front desk",
    )
    add_alerts(organization, alice)


@pytest.mark.usefixtures("added")
def test_each_page_has_something_to_show(
    alice_client: Client, organization: Organization
) -> None:
    pages = {
        "": "livekit-staging",
        "/history": "Front desk",
        "/channels": "#voice-alerts",
        "/rules": "Silence of Front desk is not told on Sundays.",
    }
    for path, said in pages.items():
        content = alice_client.get(f"/org/acme/alerts{path}").content.decode()
        assert said in content, path
    for issue in Issue.objects.all():
        page = alice_client.get(f"/org/acme/alerts/issues/{issue.pk}")
        assert page.status_code == 200
    for channel in Channel.objects.all():
        page = alice_client.get(f"/org/acme/alerts/channels/{channel.pk}")
        assert "Nothing was sent yet" not in page.content.decode()


def test_it_is_added_once(organization: Organization, alice: User, added: None) -> None:
    counts = (Issue.objects.count(), Channel.objects.count())
    add_alerts(organization, alice)
    assert (Issue.objects.count(), Channel.objects.count()) == counts


@pytest.mark.usefixtures("added")
def test_nothing_of_it_is_ever_sent() -> None:
    states = {Message.State.WAITING, Message.State.RUNNING}
    assert not Message.objects.filter(state__in=states).exists()


@pytest.mark.usefixtures("added")
def test_what_is_open_is_what_a_look_finds() -> None:
    (found,) = find_expiring(timezone.now()).findings
    issue = Issue.objects.open().get()
    assert (found.kind, found.cause) == (issue.kind, issue.cause)
