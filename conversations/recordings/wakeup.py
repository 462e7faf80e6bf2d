"""Waking a worker for recordings."""

from __future__ import annotations

from typing import Any

from celery import current_app

from conversations.worker_wakeup import Nudger

# By its name: the task itself leads to the code that asks for this.
TASK = "conversations.tasks.fetch_recordings"


def announce(**options: Any) -> None:
    current_app.send_task(TASK, **options)


_nudger = Nudger(announce)


def nudge() -> None:
    """Tells a worker that there are recordings to fetch; returns at once."""
    _nudger.nudge()
