"""Waking a worker for the log."""

from __future__ import annotations

from typing import Any

from conversations.nudging import Nudger
from integrations import tasks


def announce(**options: Any) -> None:
    tasks.process_deliveries.apply_async(**options)


_nudger = Nudger(announce)


def nudge() -> None:
    """Tells a worker that there are deliveries; returns at once and never fails."""
    _nudger.nudge()
