"""Sending what waits: claimed, sent, noted."""

from __future__ import annotations

from collections.abc import Callable

from alerts.messages.queueing import queue_test

__all__ = ["queue_test", "send_due"]


def send_due(is_stopping: Callable[[], bool]) -> bool:
    """Send one message after the other until none is due or this process is to end; return
    whether there may be more.
    """
    return False
