"""A look at Zelto itself by the web processes, while nobody else runs the round.

A worker cannot tell that it is away, nor can the media worker. The thread of a web process
that writes its counters calls this; what it finds is on pages at once, and is sent once a
worker is there that sends.
"""

from __future__ import annotations

import threading
import time
from datetime import timedelta

from django.utils import timezone

from alerts.judging.listening import note_web
from alerts.judging.round import ROUND, run_round
from alerts.models import Progress

EVERY_SECONDS = 30.0
# Rounds are a minute apart; so long after the last one nobody runs them.
NOBODY_AFTER = timedelta(minutes=3)

_lock = threading.Lock()
_looked_at = float("-inf")


def watch() -> None:
    """Note that this process is there, and look at Zelto itself where no round was run for
    three minutes; at most every thirty seconds.
    """
    global _looked_at
    with _lock:
        if time.monotonic() - _looked_at < EVERY_SECONDS:
            return
        _looked_at = time.monotonic()
    now = timezone.now()
    note_web(now)
    last = Progress.objects.filter(name=ROUND).values_list("at", flat=True).first()
    if last is not None and now - last > NOBODY_AFTER:
        run_round(now, only_of_zelto=True)
