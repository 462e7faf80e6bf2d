"""Posts of logs and metrics that are counted and not kept: so many of a key and minute are read, and
so seldom a count is written, that a flood of them costs next to nothing.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from uuid import UUID

from django.db import DatabaseError, InterfaceError

from integrations.delivery_log.append import Arrival
from integrations.delivery_log.ignored import count_ignored
from integrations.operations import counters

# Why, as the delivery log says it.
LOG_LINES = "Lines of the worker's own log: counted, not kept."
METRICS = "Metrics: counted, not kept."
# Of one key, in one process. A hundred jobs that log each second are 6,000.
MAX_READ_A_MINUTE = 1_200
UNREAD = (
    f"Posts of logs over {MAX_READ_A_MINUTE:,} a minute of this key, with nothing of a "
    "session in them: not read."
)
WRITE_EVERY_SECONDS = 1.0
# The keys of which anything is remembered; far more than there are.
MAX_KEYS = 10_000


@dataclass(slots=True)
class _Pending:
    """What is to be added to one row. arrival: the newest of them."""

    arrival: Arrival
    count: int = 0


_lock = threading.Lock()
_pending: dict[tuple[UUID | None, str], _Pending] = {}
_written_at: dict[tuple[UUID | None, str], float] = {}
_read: dict[UUID | None, int] = {}
_minute = 0


def is_over(key_id: UUID | None) -> bool:
    """Count a post of logs, and tell whether there were enough of its key in this minute
    that one with nothing of a session in it need not be read.
    """
    global _minute
    minute = this_minute()
    with _lock:
        if minute != _minute or len(_read) > MAX_KEYS:
            _minute = minute
            _read.clear()
        _read[key_id] = count = _read.get(key_id, 0) + 1
    return count > MAX_READ_A_MINUTE


def this_minute() -> int:
    """Return the number of the minute by the clock of this machine's start."""
    return int(time.monotonic() // 60)


def count(arrival: Arrival, reason: str) -> None:
    """Count a post that is not kept; of many the count is written a little later.

    reason: a sentence, one of few.
    """
    row = arrival.key_id, reason
    with _lock:
        pending = _pending.setdefault(row, _Pending(arrival))
        pending.arrival, pending.count = arrival, pending.count + 1
        is_soon = time.monotonic() - _written_at.get(row, 0.0) < WRITE_EVERY_SECONDS
    if not is_soon:
        write()


def write() -> None:
    """Add to the rows what this process counted since the last time.

    Raises:
        DatabaseError: it could not be written; it is kept for the next time.
        InterfaceError: likewise.
    """
    with _lock:
        pending = dict(_pending)
        _pending.clear()
        if len(_written_at) > MAX_KEYS:
            _written_at.clear()
        _written_at.update(dict.fromkeys(pending, time.monotonic()))
    for row, one in sorted(pending.items(), key=lambda item: str(item[0])):
        try:
            count_ignored(one.arrival, reason=row[1], count=one.count)
        except (DatabaseError, InterfaceError):
            _put_back({key: pending[key] for key in pending})
            raise
        del pending[row]


def _put_back(pending: dict[tuple[UUID | None, str], _Pending]) -> None:
    with _lock:
        for row, one in pending.items():
            _pending.setdefault(row, _Pending(one.arrival)).count += one.count


counters.also_write(write)
