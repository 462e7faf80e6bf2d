"""The log of a channel: each try to send it a message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from accounts.models import LeasedJob
from alerts.models import Attempt, Channel, Message
from alerts.models.message import AttemptQuerySet
from alerts.pages.issue_history import EVENTS
from web import paging
from web.paging import IdPosition, Keyset, Page

PAGE_SIZE = 25
# More than these are not counted.
MAX_WAITING = 100


@dataclass(frozen=True, slots=True)
class AttemptRows:
    """Tries as rows of pages."""

    attempts: AttemptQuerySet

    def next_older(self, than: IdPosition | None, count: int) -> list[Attempt]:
        """Return up to `count` tries behind a position, newest first."""
        older = self.attempts.filter(id__lt=than.id) if than else self.attempts
        return list(older.select_related("message__issue").order_by("-id")[:count])

    def next_newer(self, than: IdPosition, count: int) -> list[Attempt]:
        """Return up to `count` tries in front of a position, oldest first."""
        newer = self.attempts.filter(id__gt=than.id)
        return list(newer.select_related("message__issue").order_by("id")[:count])


def read_attempts(
    channel: Channel, parameters: Mapping[str, str]
) -> Page[Attempt, IdPosition]:
    """Return the page of the log that `before` or `after` in the address names; else the
    newest.
    """
    own = Attempt.objects.filter(
        channel=channel, organization_id=channel.organization_id
    )
    source = Keyset(AttemptRows(own), IdPosition.of, IdPosition.from_cursor)
    return paging.read_page(source, parameters, PAGE_SIZE)


def event_in_words(attempt: Attempt) -> str:
    """Return what a try was to tell."""
    return EVENTS.get(attempt.message.event, attempt.message.event)


def waiting_count(channel: Channel) -> int:
    """Return how many messages wait to be sent, up to `MAX_WAITING`."""
    states = (LeasedJob.State.WAITING, LeasedJob.State.RUNNING)
    waiting = Message.objects.filter(
        organization=channel.organization_id, channel=channel, state__in=states
    )
    return len(waiting.values_list("pk")[:MAX_WAITING])
