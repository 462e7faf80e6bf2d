"""Counting requests to a project that are not LiveKit's, with the last reason."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from integrations.operations import counters

WRITE_EVERY_SECONDS = 1.0
_ADD = """
    UPDATE integrations_livekitproject
    SET refused_count = least(refused_count::bigint + %s, 2147483647),
        last_refused_at = statement_timestamp(), last_refusal = %s
    WHERE id = %s
"""


@dataclass(slots=True)
class _Counted:
    count: int = 0
    reason: str = ""
    written_at: float = float("-inf")


_lock = threading.Lock()
# Of this process, by project.
_counted: dict[UUID, _Counted] = {}


def count_refusal(project_id: UUID, reason: str) -> None:
    """Count a request that is not LiveKit's: written at most once a second, so that a
    flood of them is no flood of writes; the rest a little later.

    reason: a sentence for the project's page.
    """
    with _lock:
        counted = _counted.setdefault(project_id, _Counted())
        counted.count += 1
        counted.reason = reason
        is_due = time.monotonic() - counted.written_at >= WRITE_EVERY_SECONDS
    if is_due:
        _write(project_id)


def write() -> None:
    """Write what was counted since."""
    with _lock:
        waiting = [key for key, counted in _counted.items() if counted.count]
    for project_id in waiting:
        _write(project_id)


def _write(project_id: UUID) -> None:
    with _lock:
        counted = _counted[project_id]
        count, counted.count = counted.count, 0
        counted.written_at = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute(_ADD, [count, counted.reason[:255], project_id])


counters.also_write(write)
