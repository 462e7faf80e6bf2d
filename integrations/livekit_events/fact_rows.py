"""Facts as rows: rooms, expected sessions and recordings, both ways."""

from __future__ import annotations

from typing import Any

from integrations.livekit_events.egress_facts import RANKS, EgressFacts
from integrations.livekit_events.room_facts import Caller, Participant, RoomFacts
from integrations.livekit_events.session_facts import SessionFacts
from integrations.models import ExpectedSession, LiveKitEgress, LiveKitRoom

SESSION_FIELDS = (
    *("job_id", "room_sid", "room_name", "agent_name", "participant_identity"),
    *("job_started_at", "job_ended_at", "job_status", "job_error", "worker_id"),
    *("joined_at", "last_joined_at", "left_at", "has_spoken"),
)
EGRESS_FIELDS = (
    *("room_sid", "room_name", "kind", "is_audio_only", "status", "error", "files"),
    *("started_at", "ended_at", "updated_at"),
)


def room_facts(row: LiveKitRoom) -> RoomFacts:
    """Return what is known of a room."""
    caller = None
    if row.caller_joined_at:
        caller = Caller(
            row.caller_joined_at, row.caller_number, row.caller_name, row.sip_call_id
        )
    return RoomFacts(
        row.sid,
        name=row.name,
        started_at=row.started_at,
        finished_at=row.finished_at,
        participants={sid: Participant(*told) for sid, told in row.undecided.items()},
        somebody_joined=row.was_joined and not row.undecided,
        caller=caller,
    )


def room_values(facts: RoomFacts) -> dict[str, Any]:
    """Return the fields of a room's row."""
    caller = facts.caller
    return {
        "name": facts.name,
        "started_at": facts.started_at,
        "finished_at": facts.finished_at,
        "was_joined": facts.was_joined,
        "undecided": facts.undecided(),
        "caller_joined_at": caller.joined_at if caller else None,
        "caller_number": caller.number if caller else "",
        "caller_name": caller.name if caller else "",
        "sip_call_id": caller.call_id if caller else "",
    }


def session_facts(row: ExpectedSession) -> SessionFacts:
    """Return what is known of a session."""
    values = {name: getattr(row, name) for name in SESSION_FIELDS}
    return SessionFacts(row.reference, **values)


def session_values(facts: SessionFacts) -> dict[str, Any]:
    """Return the fields of a session's row."""
    return {name: getattr(facts, name) for name in SESSION_FIELDS}


def egress_facts(row: LiveKitEgress) -> EgressFacts:
    """Return what is known of a recording."""
    values: dict[str, Any] = {name: getattr(row, name) for name in EGRESS_FIELDS}
    return EgressFacts(row.egress_id, rank=RANKS.get(row.status, 0), **values)


def egress_values(facts: EgressFacts) -> dict[str, Any]:
    """Return the fields of a recording's row."""
    return {name: getattr(facts, name) for name in EGRESS_FIELDS}
