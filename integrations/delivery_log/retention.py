"""Retention: emptying old bodies of the log, deleting old refusals and counts.

In small batches, each a statement that commits by itself and skips what others hold, so
that it may run beside everything, and twice at once.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core.management import call_command
from django.db import connection

from conversations.worker_stop import Turn, is_requested

logger = logging.getLogger(__name__)

BATCH = 1000
# One run of the task; then what waits behind it in the queue is run.
TURN_SECONDS = 10.0
TALLIES_KEPT = timedelta(days=1)
CALLS_KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What a run of retention did.

    bodies: emptied. refusals, tallies, calls, facts: rows deleted; facts are those of
    LiveKit's events, these included. there_is_more: whether it ended
    for want of time, and another run should follow.
    """

    bodies: int
    refusals: int
    tallies: int
    calls: int = 0
    facts: int = 0
    there_is_more: bool = False


# An array, so that the rows are chosen once: as a subquery of a join they may be chosen
# again for each row, past the limit.
# What waits for a worker is never touched: its body is all there is of it.
_EMPTY_BODIES = """
    UPDATE integrations_delivery SET body = NULL
    WHERE sequence = ANY(ARRAY(
        SELECT sequence FROM integrations_delivery
        WHERE outcome IN ('processed', 'ignored', 'failed') AND body IS NOT NULL
            AND received_at < statement_timestamp() - make_interval(secs => %(age)s)
        ORDER BY received_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED))
"""
_DELETE_REFUSALS = """
    DELETE FROM integrations_delivery
    WHERE sequence = ANY(ARRAY(
        SELECT sequence FROM integrations_delivery
        WHERE outcome = 'rejected' AND received_at < statement_timestamp() - make_interval(secs => %(age)s)
        ORDER BY received_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED))
"""
_DELETE_TALLIES = """
    DELETE FROM integrations_minutetally
    WHERE id = ANY(ARRAY(
        SELECT id FROM integrations_minutetally
        WHERE minute < statement_timestamp() - make_interval(secs => %(age)s)
        ORDER BY minute LIMIT %(limit)s FOR UPDATE SKIP LOCKED))
"""


# Which call a job of LiveKit's belongs to: of use while its uploads come.
_DELETE_CALLS = """
    DELETE FROM integrations_livekitcall
    WHERE id = ANY(ARRAY(
        SELECT id FROM integrations_livekitcall
        WHERE created_at < statement_timestamp() - make_interval(secs => %(age)s)
        ORDER BY created_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED))
"""


# What LiveKit told: (table, the time that counts, what of it is never touched).
_TOLD = (
    ("integrations_livekitevent", "received_at", "processed_at IS NOT NULL"),
    ("integrations_livekitroom", "created_at", "true"),
    ("integrations_livekitegress", "created_at", "true"),
    ("integrations_expectedsession", "created_at", "true"),
    ("integrations_livekitgap", "ended_at", "true"),
)
_DELETE_TOLD = """
    DELETE FROM {table}
    WHERE id = ANY(ARRAY(
        SELECT id FROM {table} WHERE {may_go}
            AND {time} < statement_timestamp() - make_interval(secs => %(age)s)
        ORDER BY {time} LIMIT %(limit)s FOR UPDATE SKIP LOCKED))
"""


def forget(*, seconds: float = TURN_SECONDS) -> Forgotten:
    """Empty and delete what is due, for about `seconds`; return how much it was."""
    call_command("clearsessions")
    turn = Turn(seconds)
    forgotten = Forgotten(
        bodies=_in_batches(_EMPTY_BODIES, timedelta(settings.KEEP_BODIES_DAYS), turn),
        refusals=_in_batches(
            _DELETE_REFUSALS, timedelta(settings.KEEP_REJECTED_DAYS), turn
        ),
        tallies=_in_batches(_DELETE_TALLIES, TALLIES_KEPT, turn),
        calls=_in_batches(_DELETE_CALLS, CALLS_KEPT, turn),
        facts=sum(
            _in_batches(
                _DELETE_TOLD.format(table=table, time=time, may_go=may_go),
                timedelta(settings.KEEP_BODIES_DAYS),
                turn,
            )
            for table, time, may_go in _TOLD
        ),
        there_is_more=turn.is_over and not is_requested(),
    )
    logger.info("Retention: %s", forgotten)
    return forgotten


def _in_batches(statement: str, age: timedelta, turn: Turn) -> int:
    """Run a statement until nothing older than `age` is left; return how many rows.

    An age of nothing keeps for ever. A batch that is not full was the last one; rows
    that another run held then are left to it, or to the next.
    """
    total = 0
    while age and not turn.is_over:
        with connection.cursor() as cursor:
            cursor.execute(statement, {"age": age.total_seconds(), "limit": BATCH})
            done = cursor.rowcount
        total += done
        if done < BATCH:
            break
    return total
