"""Waking a worker for the log."""

from __future__ import annotations

from typing import Any

from celery import current_app

from conversations.worker_wakeup import Throttle

# By its name: the task itself leads to the code that asks for this.
TASK = "integrations.tasks.process_deliveries"


def send_wakeup(**options: Any) -> None:
    """Put the task on its way, as `apply_async` does."""
    current_app.send_task(TASK, **options)


_throttle = Throttle(send_wakeup)


def wake_worker() -> None:
    """Tells a worker that there are deliveries; returns at once and never fails."""
    _throttle.wake()
