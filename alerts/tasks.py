"""The Celery tasks of this app."""

from __future__ import annotations

from celery import shared_task

from alerts.messages import retention, sending, wakeup
from conversations import worker_stop
from conversations.worker_wakeup import Throttle


@shared_task
def send_messages() -> None:
    """Send messages until none is due; wake a worker where some are left."""
    if sending.send_due(worker_stop.requested.is_set):
        wakeup.wake_worker()


@shared_task
def forget_messages() -> None:
    """Forget old messages, and wake another run where there are more."""
    if retention.forget_old():
        _forget_more.wake()


_forget_more = Throttle(lambda **options: forget_messages.apply_async(**options))
