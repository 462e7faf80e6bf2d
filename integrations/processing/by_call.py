"""Processing one call at a time: deliveries that are large, were tried before or were
deferred, and calls that somebody asked to have folded again.

One thread of a process at most is at it, so that the others are free for what is small.
Each time it is the turn of another organization.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext, suppress
from typing import TypeVar
from uuid import UUID

from django.db import transaction

from conversations import worker_stop
from conversations.changes.repairs import repairing
from conversations.models import Conversation
from conversations.projection import store, store_apart
from conversations.projection.call_agents import UnknownAgent
from conversations.projection.logged_update import CallKey
from conversations.projection.result import ProjectionResult
from conversations.projection.store_apart import CallMoved, PreparedCall
from integrations.delivery_log import claims, jobs
from integrations.delivery_log.claims import TRIES_IN_COMMON, Claimed
from integrations.delivery_log.lease_keeper import keeping
from integrations.delivery_log.read import PIECES, Reader, Unreadable
from integrations.expected_sessions.join import settle_arrived
from integrations.operations import counters
from integrations.processing.failures import note_senders, record, sentence_of
from web.database_errors import is_away

logger = logging.getLogger(__name__)
Finished = TypeVar("Finished")

# Of one call at once: what is put on top may wait for another turn. What is folded from
# the beginning is, once for all that wait.
MAX_ROWS = 1000
MAX_NEW_BYTES = 32 * 1024 * 1024
# What is folded without a lock, and has then changed, is folded again.
MAX_FOLDS = 3
BODY_GONE = "Another body of its call is gone, so the conversation stays as it is."

_at_it = threading.Lock()
_last_turn = UUID(int=0)


class Stopping(Exception):
    """This process is to end: what was begun is put back."""


@contextmanager
def alone_at_it() -> Iterator[bool]:
    """Keep other threads of this process from what takes a while, for the block; yield
    whether none is at it already.
    """
    is_alone = _at_it.acquire(blocking=False)
    try:
        yield is_alone
    finally:
        if is_alone:
            _at_it.release()


def process_one_call() -> int:
    """Process the deliveries of one call; return how many were claimed, 0 also where
    another thread is at it.
    """
    with alone_at_it() as is_alone:
        return _process_next() if is_alone else 0


def _process_next() -> int:
    global _last_turn
    first = claims.claim_apart(_last_turn)
    if first is None:
        return 0
    _last_turn = first.organization_id
    if jobs.gave_up(first):
        return 1
    claimed = [first, *_others_of(first)]
    claimed.sort(key=lambda one: one.sequence)
    with keeping(claimed) as note_progress:
        _process(claimed, note_progress)
    return len(claimed)


def fold_again(call: CallKey) -> bool:
    """Fold a call again from the log; tell whether it could be.

    Raises:
        Unreadable: a body no longer reads as a call; the conversation stays as it is.
        UnknownAgent: a body names an agent that is not the organization's, likewise.
    """
    return bool(_store([], call, Reader(), lambda result: result is not None))


def _others_of(first: Claimed) -> list[Claimed]:
    """Claim what else waits of the call, unless it should be alone: what it may break, it
    breaks alone.
    """
    if first.is_replay or first.attempts > TRIES_IN_COMMON:
        return []
    later = Conversation.objects.filter(
        organization_id=first.organization_id,
        provider=first.provider,
        external_id=first.external_id,
        applied_through__gt=first.sequence,
    )
    max_bytes = None if later.exists() else MAX_NEW_BYTES
    return claims.claim_rest_of_call(first, limit=MAX_ROWS, max_bytes=max_bytes)


def _process(claimed: Sequence[Claimed], note_progress: Callable[[], None]) -> None:
    try:
        _try(claimed, note_progress)
    except Stopping:
        claims.put_back(claimed)
    except CallMoved:
        claims.defer(claimed)
    except Exception as error:
        if is_away(error):
            raise
        if len(claimed) == 1:
            _record(claimed[0], error)
            return
        # One of them is at fault: each on its own, so that it fails alone.
        logger.exception("%s deliveries of a call failed; going on alone", len(claimed))
        for one in claimed:
            _process([one], note_progress)


def _try(claimed: Sequence[Claimed], note_progress: Callable[[], None]) -> None:
    def before_each() -> None:
        if worker_stop.is_requested():
            raise Stopping
        note_progress()

    if claimed[0].is_replay:
        reader = Reader(before_each=before_each)
        is_done = _store([], claimed[0].call, reader, lambda result: result is not None)
        jobs.end_replay(claimed[0], reason="" if is_done else BODY_GONE)
        return
    unreadable: dict[int, Exception] = {}
    sequences = [one.sequence for one in claimed]
    reads_pieces = any(one.source in PIECES for one in claimed)
    reader = Reader(frozenset(sequences), unreadable, before_each, reads_pieces)

    stored: list[Conversation] = []

    def finish(result: ProjectionResult | None) -> list[float]:
        read = [one for one in sequences if one not in unreadable]
        if result is None:
            jobs.mark_erased(read)
            return []
        stored.append(result.conversation)
        call = claimed[0].call
        return jobs.mark_processed([(one, call) for one in read], {call: result})

    took = _store(sequences, claimed[0].call, reader, finish)
    counters.count_processed(took or [])
    note_senders(one for one in claimed if one.sequence not in unreadable)
    for one in claimed:
        if one.sequence in unreadable:
            record(one, unreadable[one.sequence])
    settle_arrived(stored)


def _store(
    new: Sequence[int],
    call: CallKey,
    reader: Reader,
    finish: Callable[[ProjectionResult | None], Finished],
) -> Finished | None:
    """Fold a call and store it; return what `finish` does, in the same transaction. None
    where nothing was to be stored.

    Raises:
        CallMoved: it changed each time it was folded.
    """
    for _ in range(MAX_FOLDS):
        prepared = _fold(new, call, reader)
        if prepared is None:
            return None
        with suppress(CallMoved), transaction.atomic(durable=True):
            return finish(_store_folded(prepared, is_repair=not new))
    # Others go on writing to it; now they wait.
    with transaction.atomic(durable=True):
        store.lock([call])
        prepared = _fold(new, call, reader)
        if prepared is None:
            return None
        return finish(_store_folded(prepared, is_repair=not new))


def _store_folded(
    prepared: PreparedCall, *, is_repair: bool
) -> ProjectionResult | None:
    """Store a call as it was folded.

    Raises:
        CallMoved: its conversation has changed since.
    """
    with repairing() if is_repair else nullcontext():
        return store_apart.store_folded(prepared)


def _fold(new: Sequence[int], call: CallKey, reader: Reader) -> PreparedCall | None:
    return store_apart.fold_apart(
        call,
        new=new,
        read_new=reader.new,
        history=reader.pasts,
        is_in_pieces=reader.reads_pieces,
    )


def _record(claimed: Claimed, error: Exception) -> None:
    if claimed.is_replay and isinstance(error, Unreadable | UnknownAgent):
        reason = f"Its call cannot be read again: {sentence_of(error)}"
        jobs.end_replay(claimed, reason=reason)
    else:
        record(claimed, error)
