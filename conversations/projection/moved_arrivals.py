"""Conversations of which the agent, the arrival or whether it is a test changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from uuid import UUID

from django.db import transaction

from conversations.models import ArrivalHistory, Conversation


@contextmanager
def count_moved_again(rows: Sequence[Conversation]) -> Iterator[None]:
    """Have the sessions of agents counted again, once committed, where the block changes
    what is counted of these conversations, which were there before.
    """
    before = [_counted(row) for row in rows]
    yield
    moved = {
        agent_id
        for row, counted in zip(rows, before, strict=True)
        if counted != _counted(row)
        for agent_id in (counted[0], row.agent_id)
    }
    count_again_once_committed(moved)


def count_again_once_committed(agent_ids: set[UUID]) -> None:
    """Have the sessions of agents counted again, once the transaction is committed: only
    then does a count find what it changed.
    """
    if agent_ids:
        transaction.on_commit(lambda: ArrivalHistory.objects.count_again(agent_ids))


def _counted(row: Conversation) -> tuple[UUID, object, bool]:
    return row.agent_id, row.created_at, row.is_test
