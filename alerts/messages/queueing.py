"""Messages that wait to be sent, each told once to its channel."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.utils import timezone

from accounts.links import absolute_url
from alerts.channels.text import Link, Severity, Text
from alerts.messages import events, wakeup
from alerts.models import Channel, Issue, Message
from conversations.bulk_write import insert_missing

# Events of which there may be hundreds a second: they wait behind others, are sent in runs,
# and while one is not taken, the rest of them are not tried.
_names_of_many: set[str] = set()


def provide_many(names: Iterable[str]) -> None:
    """Take the names of events of which there may be many."""
    _names_of_many.update(names)


def names_of_many() -> frozenset[str]:
    """Return the names of events of which there may be many."""
    return frozenset(_names_of_many)


def new_message(
    channel: Channel,
    *,
    event: str,
    about: str,
    content: dict[str, Any],
    issue: Issue | None = None,
    held_until: datetime | None = None,
) -> Message:
    """Return a message that is not saved yet.

    about: what it is about; the same is never told twice to a channel. content: for
        issues what `alerts.texts` keeps of a change, a ready text as of `text_content`,
        or what a program is told.
    """
    return Message(
        organization_id=channel.organization_id,
        channel=channel,
        event=event,
        about=about,
        content=content,
        issue=issue,
        held_until=held_until,
        next_try_at=timezone.now() if event in _names_of_many else held_until,
    )


def queue(messages: Sequence[Message]) -> int:
    """Save those that were not told yet, in the caller's transaction, and wake a worker
    after it; return how many.
    """
    queued = len(insert_missing(messages, unique=["channel_id", "about"]))
    if queued:
        transaction.on_commit(wakeup.wake_worker)
    return queued


def queue_test(channel: Channel) -> Message:
    """Queue a message by which people see that a channel works; return it. Nothing of it
    is left open, and one that fails is not tried again.
    """
    text = Text(
        title=f"This is a test of “{channel.name}”",
        lines=["It works. Alerts of Zelto will look like this.", "Nothing is wrong."],
        links=[Link("Alerts in Zelto", alerts_url(channel.organization.slug))],
        severity=Severity.INFO,
    )
    message = new_message(
        channel,
        event=events.TEST,
        about=f"test:{uuid4()}",
        content=text_content(text),
    )
    queue([message])
    return message


def text_content(text: Text) -> dict[str, Any]:
    """Return a text as a message keeps it."""
    return {
        "text": {
            "title": text.title,
            "lines": list(text.lines),
            "links": [[link.label, link.url] for link in text.links],
            "severity": text.severity.value,
            "dedup_key": text.dedup_key,
        }
    }


def kept_text(kept: dict[str, Any]) -> Text:
    """Return the text that a message keeps."""
    return Text(
        title=kept["title"],
        lines=list(kept["lines"]),
        links=[Link(label, url) for label, url in kept["links"]],
        severity=Severity(kept["severity"]),
        dedup_key=kept["dedup_key"],
    )


def alerts_url(slug: str, *path: object) -> str:
    """Return the address of the alerts of an organization, or of a page below it."""
    return absolute_url("/".join(["/org", slug, "alerts", *map(str, path)]))
