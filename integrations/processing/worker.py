"""Processing the log: claim deliveries, read them, store their conversations.

The row is the job. A claim is its own committed UPDATE, so that a payload which kills
its worker is counted too. It is renewed while it is worked on; what a dead worker held
comes back when its lease ends.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from django.db import transaction

from conversations import worker_stop
from conversations.projection.logged_update import LoggedUpdate, TooLarge
from conversations.projection.store import store_calls
from conversations.search.index_worker import index_batch
from integrations.delivery_log import claims, jobs
from integrations.delivery_log import read as log_reader
from integrations.delivery_log.claims import Claimed
from integrations.delivery_log.lease_keeper import keeping
from integrations.expected_sessions.join import settle_arrived
from integrations.operations import counters, heartbeat
from integrations.processing import by_call
from integrations.processing.batch_size import BatchSize
from integrations.processing.failures import note_key_use, record
from web.database_errors import is_away

logger = logging.getLogger(__name__)
Item = TypeVar("Item")

BATCH_ROWS = 500
# One run of the task; then what waits behind it in the queue is run.
TURN_SECONDS = 2.0
BATCHES_A_TURN = 50
CHUNK_BYTES = 2 * 1024 * 1024
# Compressed, as the database has it: what is said for an hour or two.
MAX_TRANSCRIPT_BYTES = 32 * 1024
EMPTY_LOOKS = 2
LOOK_AGAIN_SECONDS = 0.15

batch_size = BatchSize(max_rows=BATCH_ROWS, max_bytes=CHUNK_BYTES)


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
        indexed = 0 if batch_size.was_full else _index()
        if claimed or indexed:
            empty_looks = 0
            continue
        empty_looks += 1
        if empty_looks == EMPTY_LOOKS:
            return False
        worker_stop.wait(LOOK_AGAIN_SECONDS)
    return not worker_stop.is_requested()


def _index() -> int:
    with by_call.alone_at_it() as is_alone:
        return index_batch(with_large=is_alone)


def process_batch(limit: int | None = None) -> int:
    """Process one batch of small deliveries, then one call of those that are worked on
    apart; return how many deliveries were claimed. Where this process is to end, put
    back what was not begun.

    limit: deliveries of the batch, where not as many as take about a second.
    """
    claimed = process_small(limit)
    if worker_stop.is_requested():
        return claimed
    return claimed + by_call.process_one_call()


def process_small(limit: int | None = None) -> int:
    """Process one batch of small deliveries; return how many were claimed.

    limit: as of `process_batch`.
    """
    claimed = claims.claim_fresh(
        limit or batch_size.rows, max_bytes=batch_size.max_bytes
    )
    if not claimed:
        batch_size.was_full = False
        return 0
    begun = 0
    with batch_size.measuring(claimed), keeping(claimed):
        for chunk in in_chunks(claimed, lambda one: one.size):
            if worker_stop.is_requested():
                break
            _process_together(chunk)
            begun += len(chunk)
        claims.put_back(claimed[begun:])
    return len(claimed)


def process_now(sequence: int) -> None:
    """Process one delivery at once, where no worker has claimed it yet.

    sequence: of the delivery.
    """
    claimed = claims.claim_one(sequence)
    if claimed is not None:
        with keeping([claimed]):
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
    except TooLarge as error:
        # These take a while: another time, by themselves. The others do not wait.
        claims.defer([one for one, _ in read if one.call in error.calls])
        _process_together([one for one, _ in read if one.call not in error.calls])
    except Exception as error:
        if is_away(error):
            raise
        # One of them is at fault: each on its own, so that it fails alone.
        logger.exception("A batch of %s deliveries failed; going one by one", len(read))
        for index, (claimed, delivered) in enumerate(read):
            if worker_stop.is_requested():
                claims.put_back([one for one, _ in read[index:]])
                return
            _store_alone(claimed, delivered)


def _read(chunk: list[Claimed]) -> list[tuple[Claimed, LoggedUpdate]]:
    """Return what can be read, and record the others as failed."""
    bodies = log_reader.load_bodies([one.sequence for one in chunk])
    read = []
    for claimed in chunk:
        try:
            read.append(
                (claimed, log_reader.read(claimed, bodies.pop(claimed.sequence, None)))
            )
        except Exception as error:
            # Whatever an adapter raises is the fault of this delivery alone.
            record(claimed, error)
    return read


def _store_alone(claimed: Claimed, delivered: LoggedUpdate) -> None:
    try:
        _store([(claimed, delivered)])
    except TooLarge:
        claims.defer([claimed])
    except Exception as error:
        if is_away(error):
            raise
        record(claimed, error)


def _store(read: list[tuple[Claimed, LoggedUpdate]]) -> None:
    delivered = [one for _, one in read]
    reader = log_reader.Reader(frozenset(one.sequence for one in delivered))
    with transaction.atomic(durable=True):
        stored = store_calls(
            delivered,
            history=reader.small_pasts,
            max_transcript_bytes=MAX_TRANSCRIPT_BYTES,
        )
        jobs.mark_erased([one.sequence for one in delivered if one.call not in stored])
        took = jobs.mark_processed(
            [(one.sequence, one.call) for one in delivered if one.call in stored],
            stored,
        )
    counters.count_processed(took)
    note_key_use([claimed for claimed, _ in read])
    settle_arrived(one.conversation for one in stored.values())
