"""Forgetting messages and attempts that are old."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from alerts.messages.history import first_id
from alerts.models import Message
from conversations.worker_stop import Turn, is_requested

KEPT = timedelta(days=30)
BATCH = 1000
# One run of the task; then what waits behind it in the queue is run.
TURN_SECONDS = 10.0


def forget_old() -> bool:
    """Delete messages that are older than `KEPT` with their attempts, in batches that each
    commit; return whether there is more.

    Those about an issue that is still open stay: they say who is told of its end.
    """
    turn = Turn(TURN_SECONDS)
    old = Message.objects.filter(pk__lt=first_id(timezone.now() - KEPT)).filter(
        Q(issue=None) | Q(issue__resolved_at__isnull=False)
    )
    while not turn.is_over:
        batch = list(old.order_by("pk").values_list("pk", flat=True)[:BATCH])
        Message.objects.filter(pk__in=batch).delete()
        if len(batch) < BATCH:
            return False
    return not is_requested()
