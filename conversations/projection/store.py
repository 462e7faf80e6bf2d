"""The one door through which calls come in: a batch of updates becomes agents,
conversations, transcripts and charges.

Any number of workers may do this at once, with any overlap: rows are inserted or
ignored in sorted order, then locked in sorted order, and only then read.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from django.utils import timezone

from accounts.models import Organization
from conversations import bulk_write
from conversations.models import Charge, Conversation, Transcript
from conversations.models.charge import call_subject
from conversations.projection import agent_lookup, fold, row_mapping
from conversations.projection.agent_lookup import AgentKey
from conversations.projection.erased_calls import erased_among
from conversations.projection.fold import CallState
from conversations.projection.update import CallUpdate
from conversations.recordings.fetch_queue import enqueue_recordings


class CallKey(NamedTuple):
    """What makes a call one call."""

    organization_id: UUID
    provider: str
    external_id: str


@dataclass(frozen=True, slots=True)
class LoggedUpdate:
    """One update with its place in the log."""

    sequence: int
    received_at: datetime
    organization_id: UUID
    provider: str
    update: CallUpdate

    @property
    def call(self) -> CallKey:
        return CallKey(self.organization_id, self.provider, self.update.external_id)

    @property
    def agent(self) -> AgentKey | None:
        """None where it says nothing of who took the call."""
        if self.update.is_heard:
            return None
        return agent_lookup.key_of(
            self.organization_id, self.provider, self.update.agent
        )


@dataclass(slots=True)
class ProjectionResult:
    """What became of a call.

    is_new: this batch made its conversation.
    is_retold: it was folded from its first delivery on.
    warnings: what there is to say, by sequence: (path, detail).
    """

    conversation: Conversation
    is_new: bool
    is_retold: bool
    warnings: dict[int, list[tuple[str, str]]] = field(default_factory=dict)


class UnknownAgent(Exception):
    """A delivery names an agent by an id that the organization does not have."""


class UnknownCall(Exception):
    """What was heard belongs to a call that has no conversation any more."""


# Reads calls' deliveries again from the log, each in order, up to a sequence.
History = Callable[[Mapping[CallKey, int]], Mapping[CallKey, Sequence[LoggedUpdate]]]


def store_calls(
    delivered: Iterable[LoggedUpdate], *, history: History
) -> dict[CallKey, ProjectionResult]:
    """Applies a batch in the log's order; runs inside the caller's transaction. A call
    that was erased is missing from the answer.

    history: asked for the calls to which something later was applied before.
    Raises `UnknownAgent` and `UnknownCall`.
    """
    calls: dict[CallKey, Sequence[LoggedUpdate]] = _by_call(delivered)
    _leave_out(erased_among(calls), calls)
    with_audio = [
        key
        for key, parts in calls.items()
        if any(one.update.recording_url for one in parts)
    ]
    agent_ids = _agents(calls)
    posted = _with_agent(calls)
    stored = _make(posted, agent_ids)
    known = {key: parts for key, parts in calls.items() if key not in stored}
    stored |= _continue(known, agent_ids, history)
    _charge({key: stored[key] for key in posted if key in stored})
    _warn_of_twins(stored, calls)
    enqueue_recordings(stored[key].conversation for key in with_audio if key in stored)
    return stored


def _continue(
    calls: dict[CallKey, Sequence[LoggedUpdate]],
    agent_ids: dict[AgentKey, UUID],
    history: History,
) -> dict[CallKey, ProjectionResult]:
    """Applies deliveries to the conversations that their calls have already."""
    conversations = _lock(calls)
    # An erasure that we waited for left none. One that comes after us waits for us.
    _leave_out(erased_among(calls.keys() - conversations.keys()), calls)
    for key in calls.keys() - conversations.keys():
        raise UnknownCall(f"There is no conversation of {key.external_id} any more.")
    states = row_mapping.load_states(conversations)
    late = {
        key: max(conversations[key].applied_through, parts[-1].sequence)
        for key, parts in calls.items()
        if parts[0].sequence <= conversations[key].applied_through
    }
    retold = history(late) if late else {}
    for key, past in retold.items():
        calls[key] = past
        states[key] = CallState()
        agent_ids |= _agents_found(past)
    stored = {
        key: ProjectionResult(row, is_new=False, is_retold=key in retold)
        for key, row in conversations.items()
    }
    _fold(stored, states, calls, agent_ids)
    return stored


def rebuild_calls(past: Mapping[CallKey, int], *, history: History) -> list[CallKey]:
    """Folds conversations that are there again from the log, up to a sequence each;
    runs inside the caller's transaction. Those told again: a call of which a body has
    expired stays as it is.
    """
    conversations = _lock(past)
    calls = history(
        {key: max(row.applied_through, past[key]) for key, row in conversations.items()}
    )
    told = {key: parts for key, parts in calls.items() if parts}
    agent_ids: dict[AgentKey, UUID] = {}
    for parts in told.values():
        agent_ids |= _agents_found(parts)
    stored = {
        key: ProjectionResult(conversations[key], is_new=False, is_retold=True)
        for key in told
    }
    _fold(stored, {key: CallState() for key in told}, told, agent_ids)
    return list(told)


def _with_agent(
    calls: Mapping[CallKey, Sequence[LoggedUpdate]],
) -> dict[CallKey, Sequence[LoggedUpdate]]:
    """Those of which a conversation can be made: a transcription alone makes none."""
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


def _agents(calls: Mapping[CallKey, Sequence[LoggedUpdate]]) -> dict[AgentKey, UUID]:
    parts = [one for parts in calls.values() for one in parts]
    agent_ids = agent_lookup.find_or_create(
        agent_lookup.Named(one.sequence, one.agent, one.update.agent.name)
        for one in parts
        if one.agent is not None
    )
    _require_known(parts, agent_ids)
    return agent_ids


def _agents_found(past: Sequence[LoggedUpdate]) -> dict[AgentKey, UUID]:
    """Of what was stored before, so they are there. Only read: agents are written
    before conversations are locked, or two workers could wait in a circle."""
    agent_ids = agent_lookup.find({one.agent for one in past if one.agent is not None})
    _require_known(past, agent_ids)
    return agent_ids


def _require_known(
    parts: Sequence[LoggedUpdate], agent_ids: Mapping[AgentKey, UUID]
) -> None:
    for one in parts:
        if one.agent is not None and one.agent not in agent_ids:
            named = one.agent.id or one.agent.external_id
            raise UnknownAgent(f"The agent {named} is not an agent here any more.")


def _make(
    calls: dict[CallKey, Sequence[LoggedUpdate]], agent_ids: Mapping[AgentKey, UUID]
) -> dict[CallKey, ProjectionResult]:
    """Conversations for the calls that have none, told from their first delivery on.

    All are tried, in one order everywhere: asking first would tell nothing of what
    another worker is about to make.
    """
    tried: dict[CallKey, ProjectionResult] = {}
    transcripts: dict[CallKey, Transcript] = {}
    for key in sorted(calls, key=lambda key: tuple(map(str, key))):
        row = Conversation(
            organization_id=key.organization_id,
            provider=key.provider,
            external_id=key.external_id,
        )
        tried[key] = ProjectionResult(row, is_new=True, is_retold=False)
        transcripts[key] = _apply(tried[key], CallState(), calls[key], agent_ids)
    inserted = row_mapping.insert([one.conversation for one in tried.values()])
    made = {key: one for key, one in tried.items() if one.conversation.id in inserted}
    # An erasure that we waited for left room for a conversation that must not be.
    erased = erased_among(made)
    _leave_out(erased, calls)
    unmade = [made.pop(key).conversation.pk for key in erased]
    Conversation.objects.filter(pk__in=unmade).delete()
    row_mapping.save_transcripts([transcripts[key] for key in made])
    return made


def _lock(calls: Iterable[CallKey]) -> dict[CallKey, Conversation]:
    """The conversations of the calls, locked in one order until the end."""
    calls = list(calls)
    if not calls:
        return {}
    locked = Conversation.objects.raw(
        """
        SELECT call.* FROM conversations_conversation AS call
        JOIN unnest(%s::uuid[], %s::text[], %s::text[])
            AS wanted (organization_id, provider, external_id)
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
    before = row_mapping.told_of(row) if result.is_retold else None
    named = [one for one in parts if one.agent is not None]
    if named and (result.is_new or result.is_retold):
        row.created_at = named[0].received_at
    for one in parts:
        state, remarks = fold.apply(state, one.update)
        if remarks:
            result.warnings[one.sequence] = remarks
    # What Zelto heard says nothing of who took the call.
    if named and (agent := named[-1].agent):
        row.agent_id = agent_ids[agent]
    row.applied_through = max(row.applied_through, parts[-1].sequence)
    transcript = row_mapping.fill(row, state)
    received_at = parts[-1].received_at
    if result.is_new:
        row.updated_at = received_at
    elif before is not None and before == row_mapping.told_of(row):
        # Told again and the same: what a recording moved on since is not turned back.
        row.updated_at = max(row.updated_at, received_at)
    else:
        row.updated_at = _after(row.updated_at, received_at)
    return transcript


def _after(before: datetime, received_at: datetime) -> datetime:
    """When it was updated: by a delivery when that arrived; now, where something else
    has changed it since. Always forward."""
    if received_at > before:
        return received_at
    return max(timezone.now(), before + timedelta(microseconds=1))


def _charge(stored: Mapping[CallKey, ProjectionResult]) -> None:
    """One call is one charge, ever: the constraint ignores what is charged already."""
    real = [
        (key, one.conversation)
        for key, one in stored.items()
        if not one.conversation.is_test
    ]
    organizations = Organization.objects.in_bulk(
        {key.organization_id for key, _ in real}
    )
    bulk_write.insert_missing(
        [
            Charge(
                organization_id=key.organization_id,
                meter=Charge.Meter.CALLS,
                subject=call_subject(
                    organizations[key.organization_id], key.provider, key.external_id
                ),
                quantity=Decimal(1),
                charged_at=row.created_at,
            )
            for key, row in real
        ],
        unique=["organization_id", "meter", "subject"],
    )


def _warn_of_twins(
    stored: Mapping[CallKey, ProjectionResult],
    calls: Mapping[CallKey, Sequence[LoggedUpdate]],
) -> None:
    """One id under two providers is two conversations, and seldom what was meant."""
    new = {key: one for key, one in stored.items() if one.is_new}
    twins = Conversation.objects.filter(
        organization_id__in={key.organization_id for key in new},
        external_id__in={key.external_id for key in new},
    ).values_list("organization_id", "external_id", "provider")
    providers = defaultdict(set)
    for organization_id, external_id, provider in twins if new else ():
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
