"""The one entry through which calls are stored: a batch of updates becomes agents,
conversations, transcripts and charges.

Any number of workers may do this at once, with any overlap: rows are inserted or
ignored in sorted order, then locked in sorted order, and only then read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from conversations.models import Conversation, Transcript
from conversations.projection import fold, row_mapping
from conversations.projection.agent_lookup import AgentKey
from conversations.projection.call_agents import agents_of_batch, existing_agents
from conversations.projection.charges import charge_calls
from conversations.projection.erased_calls import erased_among
from conversations.projection.fold import CallState
from conversations.projection.logged_update import CallKey, History, LoggedUpdate
from conversations.projection.result import ProjectionResult
from conversations.recordings.fetch_queue import enqueue_recordings


class UnknownCall(Exception):
    """A transcription belongs to a call that has no conversation any more."""


def store_calls(
    delivered: Iterable[LoggedUpdate], *, history: History
) -> dict[CallKey, ProjectionResult]:
    """Apply a batch in the log's order, inside the caller's transaction.

    Return what became of each call; one that was erased is missing.

    history: reads the deliveries of those calls to which something later was applied
        before.

    Raises:
        UnknownAgent: a delivery names an agent by an id that the organization does not
            have.
        UnknownCall: a transcription belongs to a call that has no conversation any
            more.
    """
    calls: dict[CallKey, Sequence[LoggedUpdate]] = _by_call(delivered)
    _leave_out(erased_among(calls), calls)
    with_audio = [
        key
        for key, parts in calls.items()
        if any(one.update.recording_url for one in parts)
    ]
    agent_ids = agents_of_batch(calls)
    posted = _with_agent(calls)
    stored = _make(posted, agent_ids)
    known = {key: parts for key, parts in calls.items() if key not in stored}
    stored |= _continue(known, agent_ids, history)
    charge_calls({key: stored[key] for key in posted if key in stored})
    _warn_of_shared_ids(stored, calls)
    enqueue_recordings(stored[key].conversation for key in with_audio if key in stored)
    return stored


def _continue(
    calls: dict[CallKey, Sequence[LoggedUpdate]],
    agent_ids: dict[AgentKey, UUID],
    history: History,
) -> dict[CallKey, ProjectionResult]:
    """Apply deliveries to the conversations that their calls have already.

    Raises:
        UnknownCall: a call has no conversation any more.
    """
    conversations = _lock(calls)
    # An erasure that this transaction waited for left none; a later one waits for it.
    _leave_out(erased_among(calls.keys() - conversations.keys()), calls)
    for key in calls.keys() - conversations.keys():
        raise UnknownCall(f"There is no conversation of {key.external_id} any more.")
    states = row_mapping.load_states(conversations)
    late = {
        key: max(conversations[key].applied_through, parts[-1].sequence)
        for key, parts in calls.items()
        if parts[0].sequence <= conversations[key].applied_through
    }
    rebuilt = history(late) if late else {}
    for key, past in rebuilt.items():
        calls[key] = past
        states[key] = CallState()
        agent_ids |= existing_agents(past)
    stored = {
        key: ProjectionResult(row, is_new=False, is_rebuilt=key in rebuilt)
        for key, row in conversations.items()
    }
    _fold(stored, states, calls, agent_ids)
    return stored


def rebuild_calls(past: Mapping[CallKey, int], *, history: History) -> list[CallKey]:
    """Fold existing conversations again from the log, up to a sequence each, inside the
    caller's transaction.

    Return those that were folded: a call of which a body has expired stays as it is.

    Raises:
        UnknownAgent: a delivery names an agent by an id that the organization does not
            have.
    """
    conversations = _lock(past)
    calls = history(
        {key: max(row.applied_through, past[key]) for key, row in conversations.items()}
    )
    readable = {key: parts for key, parts in calls.items() if parts}
    agent_ids: dict[AgentKey, UUID] = {}
    for parts in readable.values():
        agent_ids |= existing_agents(parts)
    stored = {
        key: ProjectionResult(conversations[key], is_new=False, is_rebuilt=True)
        for key in readable
    }
    _fold(stored, {key: CallState() for key in readable}, readable, agent_ids)
    return list(readable)


def _with_agent(
    calls: Mapping[CallKey, Sequence[LoggedUpdate]],
) -> dict[CallKey, Sequence[LoggedUpdate]]:
    """Keep the calls of which a conversation can be made: a transcription alone makes
    none.
    """
    return {
        key: parts
        for key, parts in calls.items()
        if any(one.agent is not None for one in parts)
    }


def _leave_out(
    erased: Iterable[CallKey], calls: dict[CallKey, Sequence[LoggedUpdate]]
) -> None:
    for key in erased:
        del calls[key]


def _by_call(
    delivered: Iterable[LoggedUpdate],
) -> dict[CallKey, Sequence[LoggedUpdate]]:
    calls: dict[CallKey, list[LoggedUpdate]] = defaultdict(list)
    for one in sorted(delivered, key=lambda each: each.sequence):
        calls[one.call].append(one)
    return dict(calls)


def _make(
    calls: dict[CallKey, Sequence[LoggedUpdate]], agent_ids: Mapping[AgentKey, UUID]
) -> dict[CallKey, ProjectionResult]:
    """Insert conversations for the calls that have none, folded from their first
    delivery on.

    All are tried, in one order everywhere: a query first would not see what another
    worker is about to insert.
    """
    tried: dict[CallKey, ProjectionResult] = {}
    transcripts: dict[CallKey, Transcript] = {}
    for key in sorted(calls, key=lambda key: tuple(map(str, key))):
        row = Conversation(
            organization_id=key.organization_id,
            provider=key.provider,
            external_id=key.external_id,
        )
        tried[key] = ProjectionResult(row, is_new=True, is_rebuilt=False)
        transcripts[key] = _apply(tried[key], CallState(), calls[key], agent_ids)
    inserted = row_mapping.insert([one.conversation for one in tried.values()])
    made = {key: one for key, one in tried.items() if one.conversation.id in inserted}
    # An erasure that was waited for left room for a conversation that must not be.
    erased = erased_among(made)
    _leave_out(erased, calls)
    unmade = [made.pop(key).conversation.pk for key in erased]
    Conversation.objects.filter(pk__in=unmade).delete()
    row_mapping.save_transcripts([transcripts[key] for key in made])
    return made


def _lock(calls: Iterable[CallKey]) -> dict[CallKey, Conversation]:
    """Return the conversations of the calls, locked in one order until the transaction
    ends.
    """
    calls = list(calls)
    if not calls:
        return {}
    locked = Conversation.objects.raw(
        """
        SELECT call.* FROM conversations_conversation AS call
        JOIN unnest(%s::uuid[], %s::text[], %s::text[])
            AS requested (organization_id, provider, external_id)
        USING (organization_id, provider, external_id)
        ORDER BY organization_id, provider, external_id
        FOR UPDATE OF call
        """,
        [list(column) for column in zip(*calls, strict=True)],
    )
    return {
        CallKey(row.organization_id, row.provider, row.external_id): row
        for row in locked
    }


def _fold(
    stored: Mapping[CallKey, ProjectionResult],
    states: Mapping[CallKey, CallState],
    calls: Mapping[CallKey, Sequence[LoggedUpdate]],
    agent_ids: Mapping[AgentKey, UUID],
) -> None:
    transcripts = [
        _apply(stored[key], states[key], parts, agent_ids)
        for key, parts in calls.items()
    ]
    row_mapping.save([one.conversation for one in stored.values()])
    row_mapping.save_transcripts(transcripts)


def _apply(
    result: ProjectionResult,
    state: CallState,
    parts: Sequence[LoggedUpdate],
    agent_ids: Mapping[AgentKey, UUID],
) -> Transcript:
    row = result.conversation
    before = row_mapping.reported_facts(row) if result.is_rebuilt else None
    named = [one for one in parts if one.agent is not None]
    if named and (result.is_new or result.is_rebuilt):
        row.created_at = named[0].received_at
    # What comes behind something newer, and cannot be folded from the beginning, must
    # put nothing old over new.
    behind = 0 if result.is_new or result.is_rebuilt else row.applied_through
    for one in parts:
        step = fold.fill if one.sequence <= behind else fold.apply
        state, remarks = step(state, one.update)
        if remarks:
            result.warnings[one.sequence] = remarks
    # A transcription says nothing of who took the call.
    if named and named[-1].sequence > behind and (agent := named[-1].agent):
        row.agent_id = agent_ids[agent]
    row.applied_through = max(row.applied_through, parts[-1].sequence)
    transcript = row_mapping.fill(row, state)
    received_at = parts[-1].received_at
    if result.is_new:
        row.updated_at = received_at
    elif before is not None and before == row_mapping.reported_facts(row):
        # Rebuilt and the same: what a recording has updated since is not set back.
        row.updated_at = max(row.updated_at, received_at)
    else:
        row.updated_at = _after(row.updated_at, received_at)
    return transcript


def _after(before: datetime, received_at: datetime) -> datetime:
    """Return when the row was updated: by a delivery when that arrived; now, where
    something else has changed the row since.

    It always moves forward.
    """
    if received_at > before:
        return received_at
    return max(timezone.now(), before + timedelta(microseconds=1))


def _warn_of_shared_ids(
    stored: Mapping[CallKey, ProjectionResult],
    calls: Mapping[CallKey, Sequence[LoggedUpdate]],
) -> None:
    """Warn where one id under two providers makes two conversations, which is seldom
    what was meant.
    """
    new = {key: one for key, one in stored.items() if one.is_new}
    others = Conversation.objects.filter(
        organization_id__in={key.organization_id for key in new},
        external_id__in={key.external_id for key in new},
    ).values_list("organization_id", "external_id", "provider")
    providers = defaultdict(set)
    for organization_id, external_id, provider in others if new else ():
        providers[organization_id, external_id].add(provider)
    for key, one in new.items():
        for other in providers[key.organization_id, key.external_id] - {key.provider}:
            one.warnings.setdefault(calls[key][0].sequence, []).append(
                (
                    "call.externalId",
                    f"is also a conversation of the provider {other}; "
                    "this is another one",
                )
            )
