"""From the log to conversations: claim rows, read them, store what they say.

The row is the job. A claim is its own committed UPDATE, so that a payload which kills
its worker is counted too; what a dead worker held comes back when its lease ends.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence

from django.db import DatabaseError, InterfaceError, OperationalError, transaction

from accounts.actions import touch_keys
from conversations.store import Delivered, store_calls
from integrations import history, job_rows
from integrations.job_rows import Claimed

logger = logging.getLogger(__name__)

BATCH_ROWS = 500
CHUNK_BYTES = 8 * 1024 * 1024
EMPTY_LOOKS = 2
LOOK_AGAIN_SECONDS = 0.15


def process_until_quiet() -> None:
    """Works until two looks, a moment apart, find nothing."""
    empty_looks = 0
    while True:
        if process_batch():
            empty_looks = 0
            continue
        empty_looks += 1
        if empty_looks == EMPTY_LOOKS:
            return
        time.sleep(LOOK_AGAIN_SECONDS)


def process_batch(limit: int = BATCH_ROWS) -> int:
    """Claims and processes one batch; how many deliveries it claimed.

    What was tried before comes back one by one: if it kills the worker again, it takes
    nobody along.
    """
    claimed = job_rows.claim_fresh(limit)
    if claimed:
        for chunk in _chunks(claimed):
            _process_together(chunk)
        return len(claimed)
    retried = job_rows.claim_one_again()
    if retried is not None:
        _process_alone(retried)
    return 0 if retried is None else 1


def _chunks(claimed: Sequence[Claimed]) -> Iterator[list[Claimed]]:
    """Bounds what is in memory at once: bodies may be megabytes each."""
    chunk: list[Claimed] = []
    size = 0
    for one in claimed:
        if chunk and size + one.size > CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
        chunk.append(one)
        size += one.size
    if chunk:
        yield chunk


def _process_together(chunk: list[Claimed]) -> None:
    try:
        _process(chunk)
    except (OperationalError, InterfaceError):
        raise  # the database is away; the lease brings the rows back
    except Exception:
        # One of them is at fault: each on its own, so that it fails alone.
        logger.exception("A batch of %s deliveries failed; going one by one", len(chunk))
        for one in chunk:
            _process_alone(one)


def _process_alone(claimed: Claimed) -> None:
    if job_rows.gave_up(claimed):
        return
    try:
        _process([claimed])
    except (OperationalError, InterfaceError):
        raise
    except Exception as error:
        logger.exception("Delivery %s could not be processed", claimed.sequence)
        job_rows.record_failure(claimed, reason=_sentence(error))


def _process(chunk: list[Claimed]) -> None:
    bodies = history.load_bodies([one.sequence for one in chunk])
    delivered = [history.read(one, bodies[one.sequence]) for one in chunk]
    with transaction.atomic(durable=True):
        stored = store_calls(
            delivered, history=history.retelling([one.sequence for one in chunk])
        )
        job_rows.mark_processed(delivered, stored)
    used = {}
    for one in chunk:
        if one.key_id is not None:
            used[one.key_id] = max(one.received_at, used.get(one.key_id, one.received_at))
    touch_keys(used=used)


def _sentence(error: Exception) -> str:
    if isinstance(error, DatabaseError):
        return f"The database refused it: {type(error).__name__}."
    return str(error) or type(error).__name__
