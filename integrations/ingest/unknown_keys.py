"""Posts whose key belongs to nobody we know: counted, so that an operator and the
waiting step of a new integration can see that somebody is knocking."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

from django.utils import timezone

from integrations.ingest import minute_counter
from integrations.models import MinuteTally

SCOPE = "stranger"
WRITE_EVERY_SECONDS = 1.0
RECENT = timedelta(minutes=10)


class _Counter:
    """Adds up in memory and writes at most once a second, so that a stranger's flood
    does not become our database's."""

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
    _counter.add()


def seen_lately() -> int:
    """How many posts with an unknown key came in the last minutes, instance-wide."""
    since = timezone.now() - RECENT
    counts = MinuteTally.objects.filter(scope=SCOPE, minute__gte=since)
    return sum(counts.values_list("count", flat=True))
