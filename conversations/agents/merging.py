"""Merging two agents that are one: a typo in an id made a second one.

The merged agent keeps its row, which points at the kept one:
`conversations.projection.agent_lookup` finds posts under its id there, and so do replay
and rebuild. Its conversations are moved in small batches. What a worker stores under it
at the same moment is moved by the next sweep: the row itself says that it is to be
moved.
"""

from __future__ import annotations

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from accounts.audit import record
from accounts.models import AuditAction, User
from conversations.models import Agent, ArrivalHistory
from conversations.worker_stop import Turn, is_requested

BATCH = 1000
AGENTS_AT_ONCE = 10


class MergeConflict(Exception):
    """One of the two was merged meanwhile, or both are the same; the text says which."""


@transaction.atomic(durable=True)
def merge_agents(*, merged: Agent, kept: Agent, by: User) -> None:
    """Merge an agent into another; `move_merged_conversations` moves its conversations.

    Raises:
        MergeConflict: one of the two was merged meanwhile, or both are the same.
    """
    # In order of ids, as workers lock agents, so that none deadlock; then
    # nobody can merge the kept one away before this is done.
    pair = (
        Agent.objects.filter(organization=merged.organization_id)
        .filter(pk__in=[merged.pk, kept.pk])
        .order_by("pk")
        .select_for_update(no_key=True)
    )
    rows = {row.pk: row for row in pair}
    if len(rows) != 2:
        raise MergeConflict("An agent cannot be merged into itself.")
    for row in rows.values():
        if row.merged_into_id:
            raise MergeConflict(f"{row.display_name} was merged already.")
    now = timezone.now()
    _take_over(rows[merged.pk], rows[kept.pk])
    # What was merged into the merged one before goes along: one step, always.
    Agent.objects.filter(Q(pk=merged.pk) | Q(merged_into=merged.pk)).update(
        merged_into=kept.pk, updated_at=now
    )
    Agent.objects.filter(pk=merged.pk).update(merged_at=now)
    ArrivalHistory.objects.filter(agent=merged.pk).delete()
    record(
        organization=merged.organization,
        by=by,
        action=AuditAction.AGENT_MERGED,
        subject=rows[merged.pk].display_name,
        detail={
            "id": str(merged.pk),
            "into": rows[kept.pk].display_name,
            "into_id": str(kept.pk),
        },
    )


def _take_over(merged: Agent, kept: Agent) -> None:
    """Give the kept agent a name or a description that only the merged one has."""
    if not kept.name:
        kept.name, kept.named_by_sequence = merged.name, merged.named_by_sequence
    kept.description = kept.description or merged.description
    kept.updated_at = timezone.now()
    kept.save(update_fields=["name", "named_by_sequence", "description", "updated_at"])


@transaction.atomic(durable=True)
def separate_agent(*, agent: Agent, by: User) -> None:
    """Undo a merge for sessions that arrive from now on.

    Conversations stay where they are until they are folded again from the log:
    `manage.py rebuild` puts each where its deliveries say.
    """
    row = Agent.objects.select_for_update(no_key=True).get(pk=agent.pk)
    if row.merged_into is None:
        return
    kept, row.merged_into, row.merged_at = row.merged_into, None, None
    row.updated_at = timezone.now()
    row.save(update_fields=["merged_into", "merged_at", "updated_at"])
    record(
        organization=row.organization,
        by=by,
        action=AuditAction.AGENT_SEPARATED,
        subject=row.display_name,
        detail={
            "id": str(row.pk),
            "kept": kept.display_name,
            "kept_id": str(kept.pk),
        },
    )


def move_merged_conversations(*, seconds: float) -> bool:
    """Move conversations of merged agents to the kept ones, a batch to a transaction,
    for about so many seconds.

    Tell whether there may be more, and this process is not to end.
    """
    turn = Turn(seconds)
    while _move_batch():
        if turn.is_over:
            return not is_requested()
    return False


# The first agent of each organization, then the second of each; of each agent a part of
# the batch. Without the order, Postgres may well read the whole table for those of one.
_MOVE = """
    WITH merged AS (
        SELECT agent.id, merged_into_id,
            row_number() OVER (PARTITION BY organization_id ORDER BY agent.id) AS place
        FROM conversations_agent AS agent
        CROSS JOIN LATERAL (
            SELECT FROM conversations_conversation
            WHERE agent_id = agent.id ORDER BY created_at DESC, id DESC LIMIT 1
        ) AS newest
        WHERE merged_into_id IS NOT NULL
    ), turns AS (
        SELECT id, merged_into_id, %(batch)s / count(*) OVER () AS share
        FROM (SELECT * FROM merged ORDER BY place, id LIMIT %(agents)s) AS first
    ), moved AS (
        SELECT call.id, turns.merged_into_id AS kept_id
        FROM turns
        CROSS JOIN LATERAL (
            SELECT id FROM conversations_conversation
            WHERE agent_id = turns.id
            ORDER BY created_at DESC, id DESC LIMIT greatest(1, turns.share)
        ) AS found
        JOIN conversations_conversation AS call ON call.id = found.id
        LIMIT %(batch)s
        FOR UPDATE OF call SKIP LOCKED
    )
    UPDATE conversations_conversation AS call SET agent_id = moved.kept_id,
        updated_at = greatest(
            statement_timestamp(), call.updated_at + interval '1 microsecond')
    FROM moved WHERE call.id = moved.id
    RETURNING moved.kept_id
"""


def _move_batch() -> int:
    with connection.cursor() as cursor:
        cursor.execute(_MOVE, {"batch": BATCH, "agents": AGENTS_AT_ONCE})
        moved = [kept_id for (kept_id,) in cursor.fetchall()]
    if moved:
        ArrivalHistory.objects.count_again(set(moved))
    return len(moved)
