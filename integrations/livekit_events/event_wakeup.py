"""The message that wakes a worker for LiveKit's events."""

from __future__ import annotations

from typing import Any

from celery import current_app

from conversations.worker_wakeup import Throttle

# By its name: the module of the task imports code that imports this one.
TASK = "integrations.tasks.process_livekit_events"


def send_wakeup(**options: Any) -> None:
    """Send the task to the broker by its name.

    options: as `apply_async` takes them.
    """
    current_app.send_task(TASK, **options)


_throttle = Throttle(send_wakeup)


def wake_worker() -> None:
    """Tell a worker that there are events; return at once and never fail."""
    _throttle.wake()
