"""The Celery tasks of this app."""

from __future__ import annotations

from celery import shared_task

from alerts.outgoing_events import telling
from conversations.worker_wakeup import Throttle

# The process has other things to do as well.
SECONDS_AT_ONCE = 2.0


@shared_task
def tell_of_conversations() -> None:
    """Make messages of what happened to conversations, and wake another run where there
    is more.
    """
    if telling.tell_of_conversations(seconds=SECONDS_AT_ONCE):
        _tell_more.wake()


_tell_more = Throttle(lambda **options: tell_of_conversations.apply_async(**options))
