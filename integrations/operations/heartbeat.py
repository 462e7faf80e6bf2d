"""The heartbeat of the worker: when one was last seen, for `/readyz` and `/metrics`.

The sweep wakes a worker every two seconds, so an idle one is seen too. Clocks are the
database's only.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime

from django.db import connection

from integrations.models import WorkerPulse
from integrations.operations import counters

WRITE_EVERY_SECONDS = 5.0
SEEN_LATELY_SECONDS = 30

# With when one was seen before.
_BEAT = """
    WITH before AS (SELECT seen_at FROM integrations_workerpulse)
    INSERT INTO integrations_workerpulse (single, seen_at)
    VALUES (true, statement_timestamp())
    ON CONFLICT (single) DO UPDATE SET seen_at = EXCLUDED.seen_at
    RETURNING seen_at, (SELECT seen_at FROM before)
"""
# A moment ahead of the clock does not count: the clock was set back since.
_SEEN_LATELY = """
    SELECT EXISTS (SELECT 1 FROM integrations_workerpulse
        WHERE seen_at BETWEEN statement_timestamp() - make_interval(secs => %s)
            AND statement_timestamp() + interval '1 second')
"""

_lock = threading.Lock()
_written_at = float("-inf")
Absence = Callable[[datetime, datetime], None]
_told_of_absences: list[Absence] = []


def tell_of_absences(callback: Absence) -> None:
    """Have this called by the first worker that comes after none was seen for
    `SEEN_LATELY_SECONDS`: with when one was seen last, and now.
    """
    _told_of_absences.append(callback)


def beat() -> None:
    """Write that a worker is alive, and what it counted; at most every five seconds."""
    global _written_at
    with _lock:
        if time.monotonic() - _written_at < WRITE_EVERY_SECONDS:
            return
        _written_at = time.monotonic()
    with connection.cursor() as cursor:
        cursor.execute(_BEAT)
        now, before = cursor.fetchone()
    if before and (now - before).total_seconds() > SEEN_LATELY_SECONDS:
        for callback in _told_of_absences:
            callback(before, now)
    counters.write()


def seen_lately() -> bool:
    """Return whether a worker was seen in the last `SEEN_LATELY_SECONDS`."""
    with connection.cursor() as cursor:
        cursor.execute(_SEEN_LATELY, [SEEN_LATELY_SECONDS])
        (seen,) = cursor.fetchone()
    return bool(seen)


def seen_at() -> datetime | None:
    """Return when a worker was last seen; None where none ever was."""
    return WorkerPulse.objects.values_list("seen_at", flat=True).first()
