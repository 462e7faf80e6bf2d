"""Many issues at once, told in one message to a channel."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.utils import timezone

from accounts.models import Organization
from alerts.channels.text import Link, Severity, Text
from alerts.messages import events
from alerts.messages.history import CALM, first_id
from alerts.messages.queueing import alerts_url, new_message
from alerts.models import Channel, IssueChange, IssueKind, Message
from alerts.texts.issue_text import content_of, text_of_content

# More than these issues in one round, and more than these messages within `CALM`, are told
# as one.
MAX_OF_A_ROUND = 5
MAX_LATELY = 10
# Of a storm: sentences that are told, and ids that programs get.
MAX_SENTENCES = 10
MAX_IDS = 100
Step = IssueChange.Kind


def storm_of(
    channel: Channel, changes: Sequence[IssueChange], held_until: datetime | None
) -> list[Message]:
    """Return a message that tells all these changes; empty where one that still waits
    tells them as well from now on. A second one comes no sooner than `CALM` after the
    first.
    """
    content = content_of_storm(changes)
    storms = Message.objects.filter(channel=channel, event=events.STORM)
    waiting = storms.filter(
        state=Message.State.WAITING,
        attempts=0,
        content__is_end=False,
        content__is_held=held_until is not None,
    )
    locked = waiting.select_for_update(no_key=True).order_by("pk").first()
    if locked is not None:
        locked.content = merged(locked.content, content)
        locked.save(update_fields=["content"])
        return []
    last = storms.filter(pk__gte=first_id(timezone.now() - CALM)).order_by("pk").last()
    moments = [held_until, last.created_at + CALM if last else None]
    content["is_held"] = held_until is not None
    return [
        new_message(
            channel,
            event=events.STORM,
            about=f"storm:{uuid4()}",
            content=content,
            held_until=max(filter(None, moments), default=None),
        )
    ]


def end_of_storm(channel: Channel, changes: Sequence[IssueChange]) -> Message:
    """Return a message that closes the incident of a storm."""
    content = content_of_storm(changes) | {"is_end": True}
    about = f"storm-end:{uuid4()}"
    return new_message(channel, event=events.STORM, about=about, content=content)


def content_of_storm(changes: Sequence[IssueChange]) -> dict[str, Any]:
    """Return what a storm keeps of changes, whose number has no bound.

    from, until: when the openings among them were made.
    """
    over = [one for one in changes if one.kind == Step.RESOLVED]
    opened = [one for one in changes if one.kind != Step.RESOLVED]
    moments = [one.created_at.isoformat() for one in opened]
    return {
        "opened": len(opened),
        "resolved": len(over),
        "kinds": Counter(str(one.issue.kind) for one in opened or over),
        "some": [content_of(one) for one in (opened or over)[:MAX_SENTENCES]],
        "issues": [str(one.issue_id) for one in (opened or over)[:MAX_IDS]],
        "from": min(moments, default=""),
        "until": max(moments, default=""),
        "is_end": False,
        "is_held": False,
    }


def merged(first: Mapping[str, Any], then: Mapping[str, Any]) -> dict[str, Any]:
    """Return what both of them tell."""
    starts = [one["from"] for one in (first, then) if one["from"]]
    only_ends = first["opened"] == 0 and then["opened"] > 0
    shown = [then] if only_ends else [first, then]
    if first["opened"] and not then["opened"]:
        shown = [first]
    kinds: Counter[str] = Counter()
    for one in shown:
        kinds.update(one["kinds"])
    return {
        **first,
        "opened": first["opened"] + then["opened"],
        "resolved": first["resolved"] + then["resolved"],
        "kinds": kinds,
        "some": [one for part in shown for one in part["some"]][:MAX_SENTENCES],
        "issues": [one for part in shown for one in part["issues"]][:MAX_IDS],
        "from": min(starts, default=""),
        "until": max(first["until"], then["until"]),
    }


def text_of_storm(
    content: Mapping[str, Any], organization: Organization, channel: Channel
) -> Text:
    """Return what a storm says: how many of which kind, and some of them."""
    some = [text_of_content(one, organization).title for one in content["some"]]
    count = sum(content["kinds"].values())
    lines = [_of_kind(kind, number) for kind, number in _most_first(content["kinds"])]
    lines += ["", *some]
    if count > len(some):
        lines.append(f"And {count - len(some):,} more.")
    return Text(
        title=_title(content),
        lines=lines,
        links=[Link("See all alerts", alerts_url(organization.slug))],
        severity=Severity.CRITICAL if content["opened"] else Severity.RESOLVED,
        dedup_key=f"storm-{channel.pk}",
    )


def data_of_storm(
    content: Mapping[str, Any], organization: Organization
) -> dict[str, Any]:
    """Return what a program is told of a storm."""
    return {
        "opened": content["opened"],
        "resolved": content["resolved"],
        "kinds": dict(content["kinds"]),
        "issueIds": content["issues"],
        "url": alerts_url(organization.slug),
    }


def _title(content: Mapping[str, Any]) -> str:
    opened, resolved = content["opened"], content["resolved"]
    if not opened:
        return f"{_alerts(resolved)} {'is' if resolved == 1 else 'are'} over"
    title = f"{_alerts(opened)} at once"
    return f"{title}; {resolved:,} earlier ones are over" if resolved else title


def _alerts(count: int) -> str:
    return f"{count:,} {'alert' if count == 1 else 'alerts'}"


def _of_kind(kind: str, number: int) -> str:
    label = IssueKind(kind).label if kind in IssueKind.values else kind
    return f"{label}: {number:,}"


def _most_first(kinds: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(kinds.items(), key=lambda one: (-one[1], one[0]))
