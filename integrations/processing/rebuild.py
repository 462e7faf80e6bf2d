"""Rebuilding conversations from the log: after an adapter has changed, to repair rows,
or to check that the log is all that they are made of."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.db import connection, transaction

from accounts.models import Organization
from conversations.changes.repairs import repairing
from conversations.models import Conversation
from conversations.projection.logged_update import CallKey
from conversations.projection.store import rebuild_calls
from conversations.projection.store_apart import END_OF_LOG
from integrations.delivery_log import read as log_reader
from integrations.processing import by_call
from integrations.processing.worker import in_chunks
from web.database_errors import is_away

logger = logging.getLogger(__name__)

BATCH = 100


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a rebuild is, in conversations.

    total: when it began. done: looked at. rebuilt: of them, those folded again.
    unreadable: those of which a body no longer reads as a call. The others lack a body
    that has expired. Whatever is not rebuilt stays as it is.
    """

    total: int
    done: int = 0
    rebuilt: int = 0
    unreadable: int = 0

    @property
    def expired(self) -> int:
        """Return how many lack a body that has expired."""
        return self.done - self.rebuilt - self.unreadable


def rebuild_conversations(calls: Collection[CallKey]) -> int:
    """Fold these calls again in one transaction; return how many could be.

    Raises:
        Unreadable: a body no longer reads as a call; then none was folded.
        UnknownAgent: a body names an agent that is not the organization's, likewise.
    """
    with transaction.atomic(), repairing():
        return len(
            rebuild_calls(
                dict.fromkeys(calls, END_OF_LOG),
                history=log_reader.Reader().pasts,
            )
        )


def rebuild(
    *, organization: Organization | None = None, since: datetime | None = None
) -> Iterator[Progress]:
    """Rebuild every conversation, or those of an organization or that arrived since,
    and yield the progress after each batch.

    Batches are small, each a transaction of its own, so that it may run beside
    everything else.

    since: aware.
    """
    rows = Conversation.objects.order_by("id")
    if organization is not None:
        rows = rows.filter(organization=organization)
    if since is not None:
        rows = rows.filter(created_at__gte=since)
    progress = Progress(total=rows.count())
    yield progress
    batch = rows
    while found := list(
        batch.only("id", "organization_id", "provider", "external_id")[:BATCH]
    ):
        calls = [
            CallKey(row.organization_id, row.provider, row.external_id) for row in found
        ]
        sizes = _sizes(calls)
        for chunk in in_chunks(calls, sizes.__getitem__):
            is_large = sizes[chunk[0]] > log_reader.MAX_SMALL_BYTES
            fold = _fold_large if is_large else rebuild_conversations
            progress = _rebuild_chunk(chunk, progress, fold)
            yield progress
        batch = rows.filter(id__gt=found[-1].id)


def _fold_large(calls: Collection[CallKey]) -> int:
    """Fold calls again, none of them while its conversation is locked."""
    return sum(by_call.fold_again(call) for call in calls)


def _rebuild_chunk(
    calls: Sequence[CallKey],
    progress: Progress,
    fold: Callable[[Collection[CallKey]], int],
) -> Progress:
    try:
        rebuilt, unreadable = fold(calls), 0
    except Exception as error:
        if is_away(error):
            raise
        if len(calls) > 1:
            # One of them is at fault: each on its own, so that it stays alone.
            for call in calls:
                progress = _rebuild_chunk([call], progress, fold)
            return progress
        logger.warning("%s stays as it is: %s", calls[0].external_id, error)
        rebuilt, unreadable = 0, 1
    return replace(
        progress,
        done=progress.done + len(calls),
        rebuilt=progress.rebuilt + rebuilt,
        unreadable=progress.unreadable + unreadable,
    )


_SIZES = """
    SELECT organization_id, provider, external_id, sum(size)
    FROM integrations_delivery
    JOIN unnest(%s::uuid[], %s::text[], %s::text[])
        AS requested (organization_id, provider, external_id)
    USING (organization_id, provider, external_id)
    WHERE body IS NOT NULL
    GROUP BY 1, 2, 3
"""


def _sizes(calls: Sequence[CallKey]) -> dict[CallKey, int]:
    """Return the bytes of the bodies of each call; 0 where none are left."""
    with connection.cursor() as cursor:
        cursor.execute(_SIZES, [list(column) for column in zip(*calls, strict=True)])
        sizes = {CallKey(*key): int(size) for *key, size in cursor.fetchall()}
    return {call: sizes.get(call, 0) for call in calls}
