"""Counters for `/metrics`, summed over all processes in the database.

A process adds up in memory, which costs a POST a microsecond and no query, and adds
that to the rows every few seconds: a web process from a thread of its own, a worker
with its heartbeat. What a process counted since is lost when it ends; the delivery log
is exact.
"""

from __future__ import annotations

import logging
import threading
import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import wraps

from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, HttpResponse

logger = logging.getLogger(__name__)
View = Callable[[HttpRequest], HttpResponse]

WRITE_EVERY_SECONDS = 2.0
# The names of the rows; a number follows those that end in a space.
POSTS = "posts "
TURNED_AWAY = "turned away "
PROCESSED = "processed"
FAILED = "failed"
SECONDS_WITHIN = "seconds within "
SECONDS_SUM = "seconds"
# Upper bounds of processing times, in seconds.
BOUNDS = ("0.1", "0.25", "0.5", "1.0", "2.5", "5.0", "10.0", "30.0", "60.0", "300.0")
BOUNDS_WITH_INFINITY = (*BOUNDS, "+Inf")
_BOUND_NUMBERS = [float(bound) for bound in BOUNDS]

# In the order of names, so that two processes cannot wait for each other in a circle.
_ADD = """
    INSERT INTO integrations_runningtotal AS total (name, value)
    SELECT name, amount FROM unnest(%s::text[], %s::float8[]) AS counted (name, amount)
    ORDER BY name
    ON CONFLICT (name) DO UPDATE SET value = total.value + EXCLUDED.value
"""

_lock = threading.Lock()
_counted: defaultdict[str, float] = defaultdict(float)
# What else a web process adds up and writes as often.
_writers: list[Callable[[], None]] = []


def also_write(writer: Callable[[], None]) -> None:
    """Have the thread of `keep_writing` call this as often as it writes the counters.

    writer: writes to the database what this process counted.
    """
    _writers.append(writer)


def add(name: str, amount: float = 1) -> None:
    """Add to a counter of this process; written to its row a little later."""
    with _lock:
        _counted[name] += amount


def count_turned_away(status: int) -> None:
    """Count a request that the web server refused before it had a thread."""
    add(f"{TURNED_AWAY}{status}")


def count_processed(took: Sequence[float]) -> None:
    """Count processed deliveries, and how long each took.

    took: seconds from the arrival of each delivery to its conversation.
    """
    for seconds in took:
        bound = BOUNDS_WITH_INFINITY[bisect_left(_BOUND_NUMBERS, seconds)]
        add(f"{SECONDS_WITHIN}{bound}")
        # A clock that was set back must not make the sum shrink.
        add(SECONDS_SUM, max(seconds, 0.0))
    add(PROCESSED, len(took))


def count_answers(view: View) -> View:
    """Wrap a view so that its answers are counted by status; 500 where it raises."""

    @wraps(view)
    def counted(request: HttpRequest) -> HttpResponse:
        status = 500
        try:
            response = view(request)
            status = response.status_code
        finally:
            add(f"{POSTS}{status}")
        return response

    return counted


def write() -> None:
    """Add to the rows what this process counted since the last time.

    Raises:
        DatabaseError: it could not be written; it is kept for the next time.
        InterfaceError: likewise.
    """
    with _lock:
        counted = dict(_counted)
        _counted.clear()
    if not counted:
        return
    try:
        with connection.cursor() as cursor:
            cursor.execute(_ADD, [list(counted), list(counted.values())])
    except (DatabaseError, InterfaceError):
        for name, amount in counted.items():
            add(name, amount)
        raise


def keep_writing() -> None:
    """Start a thread of this process that writes the counters every few seconds."""
    threading.Thread(target=_write_forever, name="counters", daemon=True).start()


def write_all() -> None:
    """Write the counters, and what else was given to `also_write`."""
    for each in (write, *_writers):
        each()


def _write_forever() -> None:
    while True:
        time.sleep(WRITE_EVERY_SECONDS)
        try:
            write_all()
        except (DatabaseError, InterfaceError) as error:
            logger.warning("The counts could not be written yet: %s", error)
        finally:
            # One that broke would stay broken: Django checks it only around requests.
            connection.close()
