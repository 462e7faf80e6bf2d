"""Counting posts with an unknown key, so that the page of a provider can say that
something posts with a wrong one."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

from django.db.models import Value
from django.db.models.functions import Now

from integrations.ingest import minute_counter
from integrations.models import MinuteTally

SCOPE = "stranger"  # of the rows in the database
WRITE_EVERY_SECONDS = 1.0
RECENT = timedelta(minutes=10)


class _Counter:
    """Adds up in memory and writes at most once a second, so that a flood of such posts
    is no flood of writes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = 0
        self._written_at = float("-inf")

    def add(self) -> None:
        with self._lock:
            self._count += 1
            if time.monotonic() - self._written_at < WRITE_EVERY_SECONDS:
                return
            count, self._count = self._count, 0
            self._written_at = time.monotonic()
        minute_counter.add(SCOPE, count)


_counter = _Counter()


def count_unknown_key() -> None:
    """Count a post with an unknown key; written to the database a little later."""
    _counter.add()


def seen_lately() -> int:
    """Return how many posts with an unknown key came in the last ten minutes, to all
    organizations of this instance."""
    since = Now() - Value(RECENT)
    counts = MinuteTally.objects.filter(scope=SCOPE, minute__gte=since)
    return sum(counts.values_list("count", flat=True))
