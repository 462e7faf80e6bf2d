"""Waking a worker for messages."""

from __future__ import annotations

from typing import Any

from celery import current_app

from conversations.worker_wakeup import Throttle

# By its name: the task itself leads to the code that asks for this.
TASK = "alerts.tasks.send_messages"


def send_wakeup(**options: Any) -> None:
    current_app.send_task(TASK, **options)


_throttle = Throttle(send_wakeup)


def wake_worker() -> None:
    """Tell a worker that there are messages to send; return at once."""
    _throttle.wake()
