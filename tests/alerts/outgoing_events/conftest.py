"""Sessions that are posted and processed, and webhooks that are told of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest

from accounts.models import Organization
from alerts.channels.registry import check, set_config
from alerts.messages.sending import send_due
from alerts.models import Channel, Message
from alerts.outgoing_events.names import OF_CONVERSATIONS
from alerts.outgoing_events.telling import tell_of_conversations
from conversations.models import Conversation
from tests.alerts.receiver import Receiver
from tests.conversations.conftest import (
    make_agent,
    make_conversation,
    make_recording,
)
from tests.integrations.conftest import key, post, process, wakeups

__all__ = [
    "key",
    "make_agent",
    "make_conversation",
    "make_recording",
    "post",
    "process",
    "wakeups",
]

MakeWebhook = Callable[..., Channel]
Told = list[tuple[str, str]]


@pytest.fixture
def make_webhook(organization: Organization) -> MakeWebhook:
    """Return `make_webhook(events=[...], ...)`; without them it wants all of conversations."""
    numbers = count(1)

    def make(**fields: Any) -> Channel:
        fields.setdefault("organization", organization)
        fields.setdefault("kind", Channel.Kind.WEBHOOK)
        fields.setdefault("name", f"Webhook {next(numbers)}")
        fields.setdefault("events", list(OF_CONVERSATIONS))
        return Channel.objects.create(**fields)

    return make


def tell() -> None:
    """Do what the worker does until there is no more."""
    while tell_of_conversations(seconds=5):
        pass


def told(channel: Channel) -> Told:
    """Return the events of a channel and the references of their conversations, in
    order.
    """
    rows = Message.objects.filter(channel=channel).order_by("pk")
    names = {str(row.pk): row.external_id for row in Conversation.objects.all()}
    return [(row.event, names.get(row.content["id"], "gone")) for row in rows]


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.ALERT_ALLOW = ["127.0.0.1/32"]
    with Receiver() as server:
        yield server


@pytest.fixture
def webhook(make_webhook: MakeWebhook, receiver: Receiver) -> Channel:
    """Return a webhook that wants all events, at the receiver."""
    channel = make_webhook()
    set_config(channel, check("webhook", {"url": f"{receiver.url}/zelto"}))
    channel.save()
    return channel


def send() -> None:
    while send_due(lambda: False):
        pass


def bodies(receiver: Receiver) -> list[Any]:
    return [post.json for post in receiver.posts]
