"""Processing the log: claim deliveries, read them, store their conversations.

The row is the job. A claim is its own committed UPDATE, so that a payload which kills
its worker is counted too; what a dead worker held comes back when its lease ends.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from django.db import DatabaseError, transaction

from accounts.actions import touch_keys
from conversations import worker_stop
from conversations.projection.logged_update import LoggedUpdate
from conversations.projection.store import store_calls
from conversations.search.index_worker import index_batch
from integrations.delivery_log import jobs
from integrations.delivery_log import read as log_reader
from integrations.delivery_log.jobs import Claimed
from integrations.operations import counters, heartbeat
from web.database_errors import is_away

logger = logging.getLogger(__name__)
Item = TypeVar("Item")

BATCH_ROWS = 500
# One run of the task; then what waits behind it in the queue is run.
TURN_SECONDS = 2.0
BATCHES_A_TURN = 50
CHUNK_BYTES = 8 * 1024 * 1024
EMPTY_LOOKS = 2
LOOK_AGAIN_SECONDS = 0.15


def process_until_quiet() -> bool:
    """Process until two looks, a moment apart, find nothing, or the turn is over.

    Return whether another run should follow: there may be more, and this process is not
    to end.
    """
    empty_looks = 0
    turn = worker_stop.Turn(TURN_SECONDS)
    for _ in range(BATCHES_A_TURN):
        if turn.is_over:
            break
        heartbeat.beat()
        claimed = process_batch()
        # Deliveries go first; the index of the search may be late.
        indexed = index_batch() if claimed < BATCH_ROWS else 0
        if claimed or indexed:
            empty_looks = 0
            continue
        empty_looks += 1
        if empty_looks == EMPTY_LOOKS:
            return False
        worker_stop.wait(LOOK_AGAIN_SECONDS)
    return not worker_stop.is_requested()


def process_batch(limit: int = BATCH_ROWS) -> int:
    """Claim and process one batch; return how many deliveries it claimed. Where this
    process is to end, it puts back what it has not begun.

    What was tried before is claimed one by one: if it kills the worker again, no other
    delivery is interrupted with it.
    """
    claimed = jobs.claim_fresh(limit)
    if claimed:
        begun = 0
        for chunk in in_chunks(claimed, lambda one: one.size):
            if worker_stop.is_requested():
                break
            _process_together(chunk)
            begun += len(chunk)
        jobs.put_back(claimed[begun:])
        return len(claimed)
    retried = jobs.claim_one_again()
    if retried is not None:
        _process_alone(retried)
    return 0 if retried is None else 1


def process_now(sequence: int) -> None:
    """Process one delivery at once, where no worker has claimed it yet.

    sequence: of the delivery.
    """
    claimed = jobs.claim_one(sequence)
    if claimed is not None:
        _process_together([claimed])


def in_chunks(
    items: Iterable[Item], size_of: Callable[[Item], int]
) -> Iterator[list[Item]]:
    """Yield the items in chunks of at most `CHUNK_BYTES`, or of one that is larger:
    bodies may be megabytes each, and a chunk is in memory at once.

    size_of: bytes of an item.
    """
    chunk: list[Item] = []
    size = 0
    for item in items:
        if chunk and size + size_of(item) > CHUNK_BYTES:
            yield chunk
            chunk, size = [], 0
        chunk.append(item)
        size += size_of(item)
    if chunk:
        yield chunk


def _process_together(chunk: list[Claimed]) -> None:
    read = _read(chunk)
    if not read:
        return
    try:
        _store(read)
    except Exception as error:
        if is_away(error):
            raise
        # One of them is at fault: each on its own, so that it fails alone.
        logger.exception("A batch of %s deliveries failed; going one by one", len(read))
        for index, (claimed, delivered) in enumerate(read):
            if worker_stop.is_requested():
                jobs.put_back([one for one, _ in read[index:]])
                return
            _store_alone(claimed, delivered)


def _process_alone(claimed: Claimed) -> None:
    if jobs.gave_up(claimed):
        return
    for _, delivered in _read([claimed]):
        _store_alone(claimed, delivered)


def _read(chunk: list[Claimed]) -> list[tuple[Claimed, LoggedUpdate]]:
    """Return what can be read, and record the others as failed."""
    bodies = log_reader.load_bodies([one.sequence for one in chunk])
    read = []
    for claimed in chunk:
        try:
            read.append(
                (claimed, log_reader.read(claimed, bodies.get(claimed.sequence)))
            )
        except Exception as error:
            # Whatever an adapter raises is the fault of this delivery alone.
            _record(claimed, error)
    return read


def _store_alone(claimed: Claimed, delivered: LoggedUpdate) -> None:
    try:
        _store([(claimed, delivered)])
    except Exception as error:
        if is_away(error):
            raise
        _record(claimed, error)


def _store(read: list[tuple[Claimed, LoggedUpdate]]) -> None:
    delivered = [one for _, one in read]
    with transaction.atomic(durable=True):
        stored = store_calls(
            delivered,
            history=log_reader.updates_of_calls([one.sequence for one in delivered]),
        )
        jobs.mark_erased([one.sequence for one in delivered if one.call not in stored])
        took = jobs.mark_processed(
            [one for one in delivered if one.call in stored], stored
        )
    counters.count_processed(took)
    used: dict[UUID, datetime] = {}
    for claimed, _ in read:
        if claimed.key_id is not None:
            latest = used.get(claimed.key_id, claimed.received_at)
            used[claimed.key_id] = max(latest, claimed.received_at)
    touch_keys(used=used)


def _record(claimed: Claimed, error: Exception) -> None:
    logger.error("Delivery %s could not be processed", claimed.sequence, exc_info=error)
    jobs.record_failure(claimed, reason=_sentence(error))


def _sentence(error: Exception) -> str:
    if isinstance(error, DatabaseError):
        return f"The database refused it: {type(error).__name__}."
    return str(error) or type(error).__name__
