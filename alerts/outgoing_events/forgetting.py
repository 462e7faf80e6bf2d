"""Forgetting events of conversations that were told: there are many of them."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from alerts.messages.history import first_id
from alerts.models import Message
from alerts.outgoing_events.names import OF_CONVERSATIONS
from conversations.worker_stop import Turn, is_requested

# Long enough to see what was told, and for `telling.LATE_COMMIT`.
KEPT = timedelta(days=2)
BATCH = 1000
TURN_SECONDS = 10.0


def forget_told() -> bool:
    """Delete messages about conversations that are older than `KEPT` and over, with their
    attempts, in batches that each commit; return whether there is more.
    """
    turn = Turn(TURN_SECONDS)
    old = Message.objects.filter(
        pk__lt=first_id(timezone.now() - KEPT),
        event__in=OF_CONVERSATIONS,
        state__in=[Message.State.DONE, Message.State.FAILED],
    )
    while not turn.is_over:
        batch = list(old.order_by("pk").values_list("pk", flat=True)[:BATCH])
        Message.objects.filter(pk__in=batch).delete()
        if len(batch) < BATCH:
            return False
    return not is_requested()
