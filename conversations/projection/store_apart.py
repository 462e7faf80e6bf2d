"""Storing one call whose deliveries are large or many.

It is folded before its conversation is locked, so that nobody waits for that, and stored
only where it is as it was then.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from django.db import connection

from conversations.models import Conversation
from conversations.projection import row_mapping, store
from conversations.projection.call_agents import agents_of_batch, existing_agents
from conversations.projection.charges import charge_calls
from conversations.projection.erased_calls import erased_among
from conversations.projection.fold import CallState
from conversations.projection.folded_call import FoldedCall, fold_updates
from conversations.projection.logged_update import (
    BodyGone,
    CallKey,
    History,
    LoggedUpdate,
)
from conversations.projection.result import ProjectionResult
from conversations.recordings.fetch_queue import enqueue_recordings

# What is processed is in its conversation already, whatever the row itself says.
END_OF_LOG = 2**63 - 1


class CallMoved(Exception):
    """The conversation is not as it was when its call was folded."""


@dataclass(frozen=True, slots=True)
class PreparedCall:
    """A call as it was folded.

    is_rebuilt: from its first delivery on. basis: the version of its conversation's
    transcript then; None where there was no conversation.
    """

    call: CallKey
    folded: FoldedCall
    is_rebuilt: bool
    basis: str | None


def fold_apart(
    call: CallKey,
    *,
    new: Collection[int],
    read_new: Callable[[], Iterable[LoggedUpdate]],
    history: History,
    is_in_pieces: bool = False,
) -> PreparedCall | None:
    """Fold new deliveries of a call, from its beginning where something later was
    applied before. None where there is nothing to store.

    new: sequences of the new ones; where there are none, its past is folded again.
    read_new: reads these in order. history: as `store_calls` takes it.
    is_in_pieces: fold it from its beginning, whatever the new ones are.
    """
    # Before anything else is read: what changes meanwhile is found when it is stored.
    basis = _version(call)
    row = None if basis is None else _row_of(call)
    is_late = is_in_pieces or not new or min(new) <= (row.applied_through if row else 0)
    if row is not None and is_late:
        through = max(row.applied_through, max(new)) if new else END_OF_LOG
        past = history({call: through}).get(call)
        try:
            folded = None if past is None else fold_updates(CallState(), past, new=new)
        except BodyGone:
            folded = None
        if folded is not None and folded.through:
            return PreparedCall(call, folded, True, basis)
    if not new:
        return None
    state = CallState() if row is None else row_mapping.load_states({call: row})[call]
    behind = 0 if row is None else row.applied_through
    folded = fold_updates(state, read_new(), behind=behind)
    return PreparedCall(call, folded, False, basis) if folded.through else None


def _row_of(call: CallKey) -> Conversation | None:
    return Conversation.objects.filter(
        organization_id=call.organization_id,
        provider=call.provider,
        external_id=call.external_id,
    ).first()


def store_folded(prepared: PreparedCall) -> ProjectionResult | None:
    """Store a call as it was folded, inside the caller's transaction; None where it was
    erased.

    Raises:
        CallMoved: its conversation has changed since.
        UnknownAgent: a delivery names an agent by an id that the organization does not
            have.
        UnknownCall: a transcription belongs to a call that has no conversation.
    """
    call, folded = prepared.call, prepared.folded
    if erased_among([call]):
        return None
    agent_ids = agents_of_batch([folded])
    if prepared.basis is not None:
        row = store.lock([call]).get(call)
        if row is None or _version(call) != prepared.basis:
            raise CallMoved
        if prepared.is_rebuilt:
            agent_ids |= existing_agents(folded)
        result = ProjectionResult(row, is_new=False, is_rebuilt=prepared.is_rebuilt)
        store.save({call: result}, {call: folded}, agent_ids)
    else:
        if not folded.named:
            raise store.UnknownCall(
                f"There is no conversation of {call.external_id} any more."
            )
        made = store.make({call: folded}, agent_ids)
        if call not in made:
            raise CallMoved
        result = made[call]
    if folded.named:
        charge_calls({call: result})
        store.warn_of_shared_ids({call: result}, {call: folded.first})
    if folded.has_recording:
        enqueue_recordings([folded.recording_of(result.conversation)])
    return result


_VERSION = """
    SELECT transcript.xmin::text
    FROM conversations_conversation AS call
    JOIN conversations_transcript AS transcript ON transcript.conversation_id = call.id
    WHERE organization_id = %s AND provider = %s AND external_id = %s
"""


def _version(call: CallKey) -> str | None:
    """Return what differs after each write of a call's transcript; None without one."""
    with connection.cursor() as cursor:
        cursor.execute(_VERSION, list(call))
        found = cursor.fetchone()
    return str(found[0]) if found else None
