"""What a message says, made when it is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.utils import timezone

from alerts.channels.kind import Notice
from alerts.channels.text import Text
from alerts.messages import events
from alerts.messages.queueing import alerts_url, kept_text
from alerts.messages.storms import data_of_storm, text_of_storm
from alerts.models import Channel, Message
from alerts.models.issue import OF_THE_INSTANCE
from alerts.texts.issue_text import text_of_content

# What a program is told of an event; None where there is nothing to tell any more.
DataOf = Callable[[Message], dict[str, Any] | None]
_data_of: dict[str, DataOf] = {}
NOTHING_LEFT = "What it is about was erased."


def provide_data(names: Iterable[str], data_of: DataOf) -> None:
    """Take what says, of events by these names, what a program is told: it is read when
    the message is sent.
    """
    for name in names:
        _data_of[name] = data_of


def notice_of(message: Message) -> Notice | None:
    """Return what is sent; None where there is nothing to tell any more."""
    channel = message.channel
    organization = channel.organization
    content: Mapping[str, Any] = message.content
    data: dict[str, Any] | None
    if message.event in _data_of:
        data = _data_of[message.event](message)
        if data is None:
            return None
        text = Text(title=message.event)
    elif "text" in content:
        text = kept_text(content["text"])
        data = {"title": text.title, "lines": text.lines, **content.get("data", {})}
    elif message.event == events.STORM:
        text = text_of_storm(content, organization, channel)
        data = data_of_storm(content, organization)
    else:
        text = text_of_content(content, organization)
        data = data_of_issue(content, text, organization.slug)
    return Notice(
        message_id=message.pk,
        organization_id=message.organization_id,
        event=message.event,
        made_at=message.created_at,
        text=text,
        data=data,
        is_for_owners=content.get("kind") in OF_THE_INSTANCE,
        former_secret=_former_secret(channel),
    )


def data_of_issue(content: Mapping[str, Any], text: Text, slug: str) -> dict[str, Any]:
    """Return what a program is told of a change of an issue: ids, links and sentences."""
    return {
        "id": content["issue"],
        "kind": content["kind"],
        "change": content["step"],
        "agentId": content.get("agent"),
        "since": content["since"],
        "at": content["at"],
        "count": content["count"],
        "title": text.title,
        "lines": text.lines,
        "url": alerts_url(slug, "issues", content["issue"]),
    }


def _former_secret(channel: Channel) -> str:
    """Return the signing secret before this one, as long as it is good."""
    until = channel.former_secret_until
    if until is None or until <= timezone.now():
        return ""
    return channel.former_secret or ""
