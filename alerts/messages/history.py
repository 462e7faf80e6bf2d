"""What channels were told before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Max
from django.utils import timezone

from alerts.messages import events
from alerts.models import Channel, IssueChange, Message

# Within this time a channel is told so many things about issues one by one.
CALM = timedelta(minutes=10)
Step = IssueChange.Kind
OPENINGS = (Step.OPENED, Step.REOPENED)


@dataclass(frozen=True, slots=True)
class History:
    """What was told, as far as it decides what is told now.

    opened: of a channel, the issues whose opening was a message of its own. storms: when
    the openings were made that each storm of a channel told, from and until. lately:
    messages about issues within `CALM`. opened_at: when an issue was last opened.
    """

    opened: set[tuple[UUID, UUID]] = field(default_factory=set)
    storms: dict[UUID, list[tuple[str, str]]] = field(default_factory=dict)
    lately: Counter[UUID] = field(default_factory=Counter)
    opened_at: dict[UUID, datetime] = field(default_factory=dict)

    def was_told(self, channel: Channel, issue_id: UUID) -> bool:
        """Tell whether a channel had a message about the opening of an issue."""
        return (channel.pk, issue_id) in self.opened

    def was_in_storm(self, channel: Channel, issue_id: UUID) -> bool:
        """Tell whether the opening of an issue was told to a channel among many."""
        opened_at = self.opened_at.get(issue_id)
        if opened_at is None:
            return False
        moment = opened_at.isoformat()
        storms = self.storms.get(channel.pk, ())
        return any(begin <= moment <= end for begin, end in storms)


def read_history(
    channels: Sequence[Channel], changes: Iterable[IssueChange]
) -> History:
    """Read it, in five queries at most, however many changes there are."""
    later = [one.issue_id for one in changes if one.kind not in OPENINGS]
    found = History()
    since = first_id(timezone.now() - CALM)
    lately = Message.objects.filter(
        channel__in=channels, event__in=events.OF_ISSUES, pk__gte=since
    )
    counts = lately.values_list("channel").annotate(Count("pk"))
    found.lately.update(dict(counts))
    if not later:
        return found
    told = Message.objects.filter(
        channel__in=channels, issue__in=later, event=events.OPENED
    )
    found.opened.update(told.values_list("channel", "issue"))
    _read_storms(found, channels)
    if found.storms:
        openings = IssueChange.objects.filter(issue__in=later, kind__in=OPENINGS)
        newest = openings.order_by().values_list("issue").annotate(Max("created_at"))
        found.opened_at.update(dict(newest))
    return found


def _read_storms(found: History, channels: Sequence[Channel]) -> None:
    storms = Message.objects.filter(channel__in=channels, event=events.STORM)
    ranges = storms.exclude(content__opened=0).values_list(
        "channel", "content__from", "content__until"
    )
    for channel, begin, end in ranges:
        found.storms.setdefault(channel, []).append((begin, end))


def first_id(moment: datetime) -> UUID:
    """Return the least id that a row made at this moment may have (RFC 9562)."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)
