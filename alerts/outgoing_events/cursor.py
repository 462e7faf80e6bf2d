"""How far each webhook was told of changes, as positions of its organization's changes."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

from django.utils import timezone

from alerts.models import Channel, Message, Progress
from alerts.outgoing_events.names import OF_CONVERSATIONS
from conversations.changes.positions import position_at

_NAMES = "events:"
# A webhook that was off for a while, and is told again: nobody waits for what is older.
RECENT = timedelta(minutes=10)


def lock_cursor(channel: Channel) -> Progress | None:
    """Return how far a webhook was told, locked until the transaction ends; None where
    another worker is at it.
    """
    name = _name_of(channel)
    if not Progress.objects.filter(name=name).exists():
        first = Progress(name=name, position=_first_position(channel))
        Progress.objects.bulk_create([first], ignore_conflicts=True)
    locked = Progress.objects.select_for_update(skip_locked=True)
    return locked.filter(name=name).first()


def forget_cursors(*, besides: Collection[Channel]) -> None:
    """Delete how far others than these were told: they are no longer."""
    names = [_name_of(channel) for channel in besides]
    others = Progress.objects.filter(name__startswith=_NAMES).exclude(name__in=names)
    if others.exists():
        others.delete()


def _name_of(channel: Channel) -> str:
    return f"{_NAMES}{channel.pk.hex}"


def _first_position(channel: Channel) -> int:
    """Return where a webhook begins: when it was made, or where it was told before and
    then was not, a moment ago.
    """
    since = channel.created_at
    told = Message.objects.filter(channel=channel, event__in=OF_CONVERSATIONS)
    if told.exists():
        since = max(since, timezone.now() - RECENT)
    return position_at(channel.organization_id, since)
