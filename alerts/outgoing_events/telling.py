"""Telling webhooks what happened to conversations, in the order of commits.

The order of changes is the queue: a webhook is given no more messages than it can be sent
soon, and while it waits, what happens to one conversation becomes one event.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from uuid import UUID

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from alerts.messages.queueing import new_message, queue
from alerts.models import Channel, Message
from alerts.outgoing_events.cursor import forget_cursors, lock_cursor
from alerts.outgoing_events.names import (
    CONVERSATION_CREATED,
    CONVERSATION_UPDATED,
    OF_CONVERSATIONS,
    RECORDING_STORED,
)
from alerts.outgoing_events.payload import content_of
from conversations.changes.following import Event, read_events
from conversations.changes.positions import give_positions
from conversations.models import Conversation
from conversations.worker_stop import Turn, is_requested

# Changes of one webhook's organization, in one transaction.
AT_ONCE = 500
# Messages of one webhook that were not sent yet.
MAX_WAITING = 2_000
# A position comes after the commit, and that a while after the time that is written. What
# was told within it is told once all the same: messages are kept for longer.
LATE_COMMIT = 3_600_000_000
UNSENT = (Message.State.WAITING, Message.State.RUNNING)


def tell_of_conversations(*, seconds: float) -> bool:
    """Make the messages about what happened to conversations, of each webhook in turns,
    for so long. Return whether there may be more, and this process is not to end.
    """
    channels = list(_told_of_conversations())
    forget_cursors(besides=channels)
    turn = Turn(seconds)
    unsent = _count_unsent() if channels else Counter()
    while channels:
        for channel in list(channels):
            if turn.is_over:
                return not is_requested()
            give_positions(channel.organization_id)
            if unsent[channel.pk] >= MAX_WAITING or not _tell(channel, unsent):
                channels.remove(channel)
    return False


def _told_of_conversations() -> Iterator[Channel]:
    webhooks = Channel.objects.usable().filter(
        kind=Channel.Kind.WEBHOOK, events__overlap=list(OF_CONVERSATIONS)
    )
    yield from webhooks.select_related("organization").order_by("pk")


def _count_unsent() -> Counter[UUID]:
    """Count the messages of each channel that wait: an index has these alone."""
    waiting = Message.objects.filter(state__in=UNSENT).values("channel")
    return Counter(
        dict(waiting.annotate(Count("pk")).values_list("channel", "pk__count"))
    )


@transaction.atomic(durable=True)
def _tell(channel: Channel, unsent: Counter[UUID]) -> bool:
    """Make the messages of the next changes, and return whether there may be more."""
    cursor = lock_cursor(channel)
    if cursor is None:
        return False
    page = read_events(channel.organization, cursor.position, AT_ONCE)
    messages = [
        _message(channel, event, name, stamp)
        for event in page.events
        for name, stamp in _names_of(event, channel, cursor.position)
    ]
    # Nobody deletes it meanwhile.
    if not Channel.objects.select_for_update(no_key=True).filter(pk=channel.pk):
        return False
    unsent[channel.pk] += queue(messages)
    cursor.at, cursor.position = timezone.now(), page.position
    cursor.save()
    return not page.is_last


def _names_of(
    event: Event, channel: Channel, position: int
) -> Iterator[tuple[str, str]]:
    """Yield the events that a webhook is told, each with what tells it from the others
    of the same conversation.

    position: up to which it was told before.
    """
    row = event.conversation
    if channel.agents and row.agent_id not in channel.agents:
        return
    names = set(channel.events)
    is_made = event.is_first and row.created_at >= channel.created_at
    if is_made and CONVERSATION_CREATED in names:
        yield CONVERSATION_CREATED, ""
    # What changed last before there was the webhook is not told.
    is_updated = not event.is_first and row.updated_at >= channel.created_at
    if is_updated and CONVERSATION_UPDATED in names:
        yield CONVERSATION_UPDATED, f":{event.position}"
    stored_at = _stored_since(channel, position, row)
    if stored_at and RECORDING_STORED in names:
        yield RECORDING_STORED, f":{stored_at}"


def _stored_since(channel: Channel, position: int, row: Conversation) -> int | None:
    """Return when the recording was stored, as positions count; None where that was told
    before, or was before there was the webhook.
    """
    recording = row.recording_or_none
    if recording is None or not recording.file or recording.stored_at is None:
        return None
    if recording.stored_at < channel.created_at:
        return None
    stored_at = int(recording.stored_at.timestamp() * 1_000_000)
    return stored_at if stored_at > position - LATE_COMMIT else None


def _message(channel: Channel, event: Event, name: str, stamp: str) -> Message:
    return new_message(
        channel,
        event=name,
        about=f"{name}:{event.conversation.pk}{stamp}",
        content=content_of(event.conversation, name, channel.organization),
    )
