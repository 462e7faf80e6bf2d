"""Counts of expected sessions by hour, agent and state, kept beside their rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from integrations.models import ExpectedSession

# In their order, so that two writers never wait for each other in a circle.
_ADD = """
    INSERT INTO integrations_expectedsessiontally AS tally
        (organization_id, agent_id, agent_name, hour, state, count)
    SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::timestamptz[],
        %s::text[], %s::integer[])
    ON CONFLICT (organization_id, hour, agent_id, agent_name, state)
    DO UPDATE SET count = tally.count + EXCLUDED.count
"""


class TallyKey(NamedTuple):
    """What is counted together."""

    organization_id: UUID
    agent_id: UUID | None
    agent_name: str
    hour: datetime
    state: str


def key_of(session: ExpectedSession) -> TallyKey:
    """Return where a session is counted, or is to be."""
    hour = session.expected_at.astimezone(UTC)
    return TallyKey(
        session.organization_id,
        session.agent_id,
        session.counted_name,
        hour.replace(minute=0, second=0, microsecond=0),
        session.state,
    )


def move(moves: Iterable[tuple[TallyKey | None, TallyKey | None]]) -> None:
    """Count sessions at their new places, and no longer at their old ones, in the
    caller's transaction.

    moves: (old, new); old is None for one that was not counted yet, new for one that is
        deleted as none.
    """
    change: Counter[TallyKey] = Counter()
    for old, new in moves:
        if old != new:
            if new is not None:
                change[new] += 1
            if old is not None:
                change[old] -= 1
    changed = sorted((key for key in change if change[key]), key=_order)
    if not changed:
        return
    columns = [list(column) for column in zip(*changed, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(_ADD, [*columns, [change[key] for key in changed]])


def _order(key: TallyKey) -> tuple[str, str, str, datetime, str]:
    return (
        str(key.organization_id),
        str(key.agent_id or ""),
        key.agent_name,
        key.hour,
        key.state,
    )
