"""The Celery tasks of this app."""

from __future__ import annotations

from celery import shared_task

from alerts.messages import sending, wakeup
from conversations import worker_stop


@shared_task
def send_messages() -> None:
    """Send messages until none is due; wake a worker where some are left."""
    if sending.send_due(worker_stop.requested.is_set):
        wakeup.wake_worker()
