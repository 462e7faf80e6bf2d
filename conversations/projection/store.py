"""The one entry through which calls are stored: a batch of updates becomes agents,
conversations, transcripts and charges.

Any number of workers may do this at once, with any overlap: rows are inserted or
ignored in sorted order, then locked in sorted order, and only then read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from conversations.models import Conversation, Transcript
from conversations.projection import row_mapping
from conversations.projection.agent_lookup import AgentKey
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
    need_past,
)
from conversations.projection.moved_arrivals import count_moved_again
from conversations.projection.result import ProjectionResult
from conversations.recordings.fetch_queue import enqueue_recordings


class UnknownCall(Exception):
    """What names no agent, such as audio, belongs to a call without a conversation."""


def store_calls(
    delivered: Iterable[LoggedUpdate],
    *,
    history: History,
    max_transcript_bytes: int | None = None,
) -> dict[CallKey, ProjectionResult]:
    """Apply a batch in the log's order, inside the caller's transaction.

    Return what became of each call; one that was erased is missing.

    history: reads the deliveries of those calls to which something later was applied
        before.
    max_transcript_bytes: what a transcript may take in the database, for its call to be
        stored here.

    Raises:
        UnknownAgent: a delivery names an agent by an id that the organization does not
            have.
        UnknownCall: what names no agent belongs to a call that has no conversation.
        TooLarge: some calls are; `history` may say so too.
    """
    calls = _by_call(delivered)
    _leave_out(erased_among(calls), calls)
    new = {key: fold_updates(CallState(), parts) for key, parts in calls.items()}
    agent_ids = agents_of_batch(new.values())
    # A transcription or a recording alone makes no conversation.
    posted = {key: one for key, one in new.items() if one.named}
    stored = make(posted, agent_ids)
    known = {key: parts for key, parts in calls.items() if key not in stored}
    stored |= _continue(known, agent_ids, history, max_transcript_bytes)
    charge_calls({key: stored[key] for key in posted if key in stored})
    warn_of_shared_ids(stored, {key: one.first for key, one in new.items()})
    enqueue_recordings(
        one.recording_of(stored[key].conversation)
        for key, one in new.items()
        if one.has_recording and key in stored
    )
    return stored


def _continue(
    calls: dict[CallKey, list[LoggedUpdate]],
    agent_ids: dict[AgentKey, UUID],
    history: History,
    max_transcript_bytes: int | None,
) -> dict[CallKey, ProjectionResult]:
    """Apply deliveries to the conversations that their calls have already.

    Raises:
        UnknownCall: a call has no conversation any more.
    """
    conversations = lock(calls)
    # An erasure that this transaction waited for left none; a later one waits for it.
    _leave_out(erased_among(calls.keys() - conversations.keys()), calls)
    for key in calls.keys() - conversations.keys():
        raise UnknownCall(f"There is no conversation of {key.external_id}.")
    if max_transcript_bytes is not None:
        row_mapping.require_small_transcripts(conversations, max_transcript_bytes)
    states = row_mapping.load_states(conversations)
    late = {
        key: max(conversations[key].applied_through, *(one.sequence for one in parts))
        for key, parts in calls.items()
        if need_past(parts, conversations[key].applied_through)
    }
    folded = fold_pasts(history(late)) if late else {}
    for past in folded.values():
        agent_ids |= existing_agents(past)
    stored = {
        key: ProjectionResult(row, is_new=False, is_rebuilt=key in folded)
        for key, row in conversations.items()
    }
    for key in calls.keys() - folded.keys():
        behind = conversations[key].applied_through
        folded[key] = fold_updates(states[key], calls[key], behind=behind)
    save(stored, folded, agent_ids)
    return stored


def fold_pasts(
    pasts: Mapping[CallKey, Iterable[LoggedUpdate]],
) -> dict[CallKey, FoldedCall]:
    """Return what the calls come to from their first delivery on; one of which a body
    is gone is missing.
    """
    folded: dict[CallKey, FoldedCall] = {}
    for key, past in pasts.items():
        with suppress(BodyGone):
            one = fold_updates(CallState(), past, new=())
            if one.through:
                folded[key] = one
    return folded


def rebuild_calls(past: Mapping[CallKey, int], *, history: History) -> list[CallKey]:
    """Fold existing conversations again from the log, up to a sequence each, inside the
    caller's transaction.

    Return those that were folded: a call of which a body has expired stays as it is.

    Raises:
        UnknownAgent: a delivery names an agent by an id that the organization does not
            have.
    """
    conversations = lock(past)
    folded = fold_pasts(
        history(
            {
                key: max(row.applied_through, past[key])
                for key, row in conversations.items()
            }
        )
    )
    agent_ids: dict[AgentKey, UUID] = {}
    for one in folded.values():
        agent_ids |= existing_agents(one)
    stored = {
        key: ProjectionResult(conversations[key], is_new=False, is_rebuilt=True)
        for key in folded
    }
    save(stored, folded, agent_ids)
    return list(folded)


def _leave_out(
    erased: Iterable[CallKey], calls: dict[CallKey, list[LoggedUpdate]]
) -> None:
    for key in erased:
        del calls[key]


def _by_call(delivered: Iterable[LoggedUpdate]) -> dict[CallKey, list[LoggedUpdate]]:
    calls: dict[CallKey, list[LoggedUpdate]] = defaultdict(list)
    for one in sorted(delivered, key=lambda each: each.fold_order):
        calls[one.call].append(one)
    return dict(calls)


def make(
    calls: Mapping[CallKey, FoldedCall], agent_ids: Mapping[AgentKey, UUID]
) -> dict[CallKey, ProjectionResult]:
    """Insert conversations for the calls that have none, folded from their first
    delivery on. Return those that were inserted and are not erased.

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
        transcripts[key] = _apply(tried[key], calls[key], agent_ids)
    inserted = row_mapping.insert([one.conversation for one in tried.values()])
    made = {key: one for key, one in tried.items() if one.conversation.id in inserted}
    # An erasure that was waited for left room for a conversation that must not be.
    unmade = [made.pop(key).conversation.pk for key in erased_among(made)]
    Conversation.objects.filter(pk__in=unmade).delete()
    row_mapping.save_transcripts([transcripts[key] for key in made])
    return made


def lock(calls: Iterable[CallKey]) -> dict[CallKey, Conversation]:
    """Return the conversations of the calls, locked in one order."""
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


def save(
    stored: Mapping[CallKey, ProjectionResult],
    folded: Mapping[CallKey, FoldedCall],
    agent_ids: Mapping[AgentKey, UUID],
) -> None:
    """Write what the calls came to into their conversations, which are locked."""
    rows = [one.conversation for one in stored.values()]
    with count_moved_again(rows):
        scripts = [_apply(one, folded[key], agent_ids) for key, one in stored.items()]
    row_mapping.save(rows)
    row_mapping.save_transcripts(scripts)


def _apply(
    result: ProjectionResult, folded: FoldedCall, agent_ids: Mapping[AgentKey, UUID]
) -> Transcript:
    row = result.conversation
    before = row_mapping.reported_facts(row) if result.is_rebuilt else None
    if folded.named_at and (result.is_new or result.is_rebuilt):
        row.created_at = folded.named_at
    result.warnings |= folded.warnings
    # A transcription says nothing of who took the call.
    if folded.agent:
        row.agent_id = agent_ids[folded.agent]
    row.applied_through = max(row.applied_through, folded.through)
    transcript = row_mapping.fill(row, folded.state)
    received_at = folded.received_at
    assert received_at is not None  # noqa: S101 - there was at least one
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
    something else has changed the row since. It always moves forward.
    """
    if received_at > before:
        return received_at
    return max(timezone.now(), before + timedelta(microseconds=1))


def warn_of_shared_ids(
    stored: Mapping[CallKey, ProjectionResult], first: Mapping[CallKey, int]
) -> None:
    """Warn where one id under two providers makes two conversations, which is seldom
    what was meant.

    first: the sequence of each call that gets the warning.
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
            one.warnings.setdefault(first[key], []).append(
                (
                    "call.externalId",
                    f"is also a conversation of the provider {other}; "
                    "this is another one",
                )
            )
