"""What an event of LiveKit's says of a room, an agent's session and a recording. Pure.

LiveKit repeats events, loses some and does not order those of one kind against those of
another. So facts add up: any order and any repetition of the same events gives the same.

Read from livekit/protocol (`livekit_webhook.proto`, `livekit_models.proto`,
`livekit_agent.proto`, `livekit_egress.proto`) and from what livekit-server and
livekit/sip send: `track_published` names its participant by sid and identity alone; times
of jobs and of egresses are nanoseconds, all others seconds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from integrations.livekit_events.egress_facts import EgressFacts, read_egress
from integrations.livekit_events.event_values import (
    Message,
    member,
    message,
    moment,
    number,
    text,
)
from integrations.livekit_events.room_facts import (
    KINDS,
    LEAVE_REASONS,
    Caller,
    Participant,
    RoomFacts,
)
from integrations.livekit_events.session_facts import SessionFacts

JOB_STATUSES = ("JS_PENDING", "JS_RUNNING", "JS_SUCCESS", "JS_FAILED", "JS_CANCELLED")
JOB_REASONS = (
    *("", "JSR_NO_CAPACITY", "JSR_ROOM_CLOSED", "JSR_DISPATCH_DELETED"),
    "JSR_RETRYING",
)
TRACK_TYPES = ("AUDIO", "VIDEO", "DATA")
AGENT_NAME = "lk.agent_name"
# Of an avatar: it shows another agent, and has no session of its own.
ON_BEHALF = "lk.publish_on_behalf"
MAX_SID_CHARACTERS = 64
MAX_ERROR_CHARACTERS = 2000
# As livekit-agents names itself, unless the worker chose another identity.
_AGENT_IDENTITY = re.compile(r"agent-(AJ_[A-Za-z0-9]+)")


@dataclass(frozen=True, slots=True)
class EventFacts:
    """What one event says; None for what it does not speak of.

    created_at: by LiveKit's clock. dropped: events that it gave up before this one.
    """

    created_at: datetime
    room: RoomFacts | None = None
    session: SessionFacts | None = None
    egress: EgressFacts | None = None
    dropped: int = 0


def read_event(event: Message, received_at: datetime) -> EventFacts:
    """Return what an event says; of an unknown one next to nothing."""
    created_at = moment(event, "createdAt") or received_at
    name = text(event, "event", 64)
    dropped = max(number(event, "numDropped"), 0)
    if name.startswith("egress_"):
        egress = read_egress(message(event, "egressInfo"), created_at)
        return EventFacts(created_at, egress=egress, dropped=dropped)
    if name in ("agent_job_started", "agent_job_ended"):
        job = message(event, "job")
        session = _of_job(name, job, created_at)
        room = _room_of(message(job, "room"))
        return EventFacts(created_at, room, session, dropped=dropped)
    room = _room_of(message(event, "room"))
    if room is None or name not in _READERS:
        return EventFacts(created_at, dropped=dropped)
    found, session = _READERS[name](event, room, created_at)
    return EventFacts(created_at, room=found, session=session, dropped=dropped)


def _room_of(room: Message) -> RoomFacts | None:
    sid = text(room, "sid", MAX_SID_CHARACTERS)
    return RoomFacts(sid, name=text(room, "name")) if sid else None


Told = tuple[RoomFacts | None, SessionFacts | None]


def _room_started(event: Message, room: RoomFacts, at: datetime) -> Told:
    created = moment(message(event, "room"), "creationTimeMs", "creationTime")
    return room | RoomFacts(room.sid, started_at=created or at), None


def _room_finished(event: Message, room: RoomFacts, at: datetime) -> Told:
    return room | RoomFacts(room.sid, finished_at=at), None


def _participant_joined(event: Message, room: RoomFacts, at: datetime) -> Told:
    return _of_participant(event, room, at, has_left=False)


def _participant_left(event: Message, room: RoomFacts, at: datetime) -> Told:
    return _of_participant(event, room, at, has_left=True)


def _track_published(event: Message, room: RoomFacts, at: datetime) -> Told:
    participant = message(event, "participant")
    sid = text(participant, "sid", MAX_SID_CHARACTERS)
    identity = text(participant, "identity")
    track = message(event, "track")
    job = _AGENT_IDENTITY.fullmatch(identity)
    if job is None:
        published = {sid: Participant(has_published=True)} if sid else {}
        return room | RoomFacts(room.sid, participants=published), None
    if not track or member(track, "type", TRACK_TYPES) != "AUDIO":
        return room, None
    return room, SessionFacts(
        reference=job[1],
        job_id=job[1],
        room_sid=room.sid,
        room_name=room.name,
        participant_identity=identity,
        has_spoken=True,
    )


_READERS = {
    "room_started": _room_started,
    "room_finished": _room_finished,
    "participant_joined": _participant_joined,
    "participant_left": _participant_left,
    "track_published": _track_published,
}


def _of_participant(
    event: Message, room: RoomFacts, at: datetime, *, has_left: bool
) -> Told:
    participant = message(event, "participant")
    sid = text(participant, "sid", MAX_SID_CHARACTERS)
    if not sid:
        return room, None
    kind = member(participant, "kind", KINDS)
    joined_at = moment(participant, "joinedAtMs", "joinedAt") or at
    if kind == "AGENT":
        agent = _of_agent(participant, sid, room, joined_at, at if has_left else None)
        return _with_machine(room, sid, kind, agent), agent
    attributes = message(participant, "attributes")
    told = _as_told(participant, attributes, kind, has_left=has_left)
    caller = _caller_of(participant, attributes, joined_at) if kind == "SIP" else None
    return room | RoomFacts(room.sid, participants={sid: told}, caller=caller), None


def _as_told(
    participant: Message, attributes: Message, kind: str, *, has_left: bool
) -> Participant:
    if has_left:
        return Participant(
            kind, left_for=member(participant, "disconnectReason", LEAVE_REASONS)
        )
    # Where nothing says that it still rings, the call is answered.
    status = text(attributes, "sip.callStatus", 32) or "active"
    return Participant(kind, call_status=status if kind == "SIP" else "")


def _with_machine(
    room: RoomFacts, sid: str, kind: str, agent: SessionFacts | None
) -> RoomFacts:
    """Note of an agent that its tracks are none of a person's, where its identity does
    not say so by itself.
    """
    if agent is not None and agent.job_id:
        return room
    return room | RoomFacts(room.sid, participants={sid: Participant(kind)})


def _caller_of(
    participant: Message, attributes: Message, joined_at: datetime
) -> Caller:
    return Caller(
        joined_at,
        number=text(attributes, "sip.phoneNumber", 64),
        name=text(participant, "name"),
        call_id=text(attributes, "sip.callID"),
    )


def _of_agent(
    participant: Message,
    sid: str,
    room: RoomFacts,
    joined_at: datetime,
    left_at: datetime | None,
) -> SessionFacts | None:
    attributes = message(participant, "attributes")
    if text(attributes, ON_BEHALF):
        return None
    identity = text(participant, "identity")
    job = _AGENT_IDENTITY.fullmatch(identity)
    return SessionFacts(
        reference=job[1] if job else sid,
        job_id=job[1] if job else "",
        room_sid=room.sid,
        room_name=room.name,
        agent_name=text(attributes, AGENT_NAME),
        participant_identity=identity,
        joined_at=joined_at,
        last_joined_at=joined_at,
        # Its second is cut off: nobody leaves before they joined.
        left_at=max(left_at, joined_at) if left_at else None,
    )


def _of_job(name: str, job: Message, at: datetime) -> SessionFacts | None:
    job_id = text(job, "id")
    if not job_id:
        return None
    state, room = message(job, "state"), message(job, "room")
    has_ended = name == "agent_job_ended"
    return SessionFacts(
        reference=job_id,
        job_id=job_id,
        room_sid=text(room, "sid", MAX_SID_CHARACTERS),
        room_name=text(room, "name"),
        agent_name=text(job, "agentName"),
        participant_identity=text(state, "participantIdentity"),
        job_started_at=moment(state, "startedAt") or (None if has_ended else at),
        job_ended_at=(moment(state, "endedAt") or at) if has_ended else None,
        job_status=_status_of(state) if has_ended else "",
        job_error=_error_of(state) if has_ended else "",
        worker_id=text(state, "workerId", 64),
    )


def _status_of(state: Message) -> str:
    return member(state, "status", JOB_STATUSES).removeprefix("JS_").lower()[:16]


def _error_of(state: Message) -> str:
    reason: Any = member(state, "reason", JOB_REASONS)
    words = reason.removeprefix("JSR_").replace("_", " ").lower()
    named = "" if words == "unspecified" else words
    return text(state, "error", MAX_ERROR_CHARACTERS) or named
