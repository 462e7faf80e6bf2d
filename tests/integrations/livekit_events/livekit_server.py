"""Events as a LiveKit server makes and signs them, by LiveKit's own packages."""

from __future__ import annotations

import base64
import hashlib
import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

from google.protobuf.json_format import MessageToJson
from livekit.api import AccessToken
from livekit.protocol.agent import Job, JobState
from livekit.protocol.egress import EgressInfo, FileInfo
from livekit.protocol.models import ParticipantInfo, Room, TrackInfo
from livekit.protocol.webhook import WebhookEvent

API_KEY = "APIbHkQf4fZ7Xkp"
SECRET = "4bUSJZyDGvPsrbvXBJtGSwEdzFBMRN3fTyYcK7YQ2hdM"
BEGAN = datetime(2026, 11, 29, 9, 0, tzinfo=UTC)
_numbers = itertools.count(1)


def at(seconds: float) -> datetime:
    return BEGAN + timedelta(seconds=seconds)


def unix(seconds: float) -> int:
    return int(at(seconds).timestamp())


def nano(seconds: float) -> int:
    return int(at(seconds).timestamp() * 1000) * 1_000_000


def event(name: str, seconds: float = 0, **fields: Any) -> WebhookEvent:
    fields.setdefault("id", f"EV_{next(_numbers):012}")
    return WebhookEvent(event=name, created_at=unix(seconds), **fields)


def room(sid: str = "RM_one", **fields: Any) -> Room:
    fields.setdefault("creation_time", unix(0))
    fields.setdefault("creation_time_ms", unix(0) * 1000 + 250)
    return Room(sid=sid, name="front-desk-1", **fields)


def agent(job_id: str = "AJ_one", joined: float = 1, **fields: Any) -> ParticipantInfo:
    fields.setdefault("sid", f"PA_{job_id}_{int(joined)}")
    fields.setdefault("identity", f"agent-{job_id}")
    fields.setdefault("attributes", {"lk.agent_name": "front-desk"})
    return person(joined=joined, kind=ParticipantInfo.Kind.AGENT, **fields)


def person(joined: float = 2, **fields: Any) -> ParticipantInfo:
    fields.setdefault("sid", "PA_person")
    fields.setdefault("identity", "ada")
    return ParticipantInfo(
        joined_at=unix(joined), joined_at_ms=unix(joined) * 1000 + 500, **fields
    )


def caller(status: str = "active", joined: float = 2, **fields: Any) -> ParticipantInfo:
    attributes = {"sip.phoneNumber": "+15550100", "sip.callID": "SCL_one"}
    if status:
        attributes["sip.callStatus"] = status
    fields.setdefault("sid", "PA_caller")
    return person(
        joined,
        identity="sip_+15550100",
        name="Phone +15550100",
        kind=ParticipantInfo.Kind.SIP,
        attributes=attributes,
        **fields,
    )


def job(job_id: str = "AJ_one", state: JobState | None = None, **fields: Any) -> Job:
    fields.setdefault("room", room())
    return Job(id=job_id, agent_name="front-desk", state=state or JobState(), **fields)


def of_track(participant: ParticipantInfo) -> ParticipantInfo:
    """As `track_published` names who published it: by sid and identity alone."""
    return ParticipantInfo(sid=participant.sid, identity=participant.identity)


def track(kind: int = 0) -> TrackInfo:
    return TrackInfo(sid="TR_one", type=kind)


def egress(status: int = 3, updated: float = 60, **fields: Any) -> EgressInfo:
    fields.setdefault(
        "file_results",
        [
            FileInfo(
                filename="calls/one.ogg",
                location="https://bucket.s3.amazonaws.com/calls/one.ogg",
                started_at=nano(2),
                ended_at=nano(52),
                duration=50 * 10**9,
                size=5_000_000_000,
            )
        ],
    )
    return EgressInfo(
        egress_id="EG_one",
        room_id="RM_one",
        room_name="front-desk-1",
        status=status,
        started_at=nano(2),
        ended_at=nano(55),
        updated_at=nano(updated),
        **fields,
    )


def written(message: WebhookEvent) -> bytes:
    """As the server writes it, with Go's `protojson`: on one line."""
    return MessageToJson(message, indent=None).encode()


def signed(
    body: bytes, api_key: str = API_KEY, secret: str = SECRET, minutes: float = 5
) -> str:
    """As the server signs it: the token alone, without a scheme."""
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    token = AccessToken(api_key, secret).with_sha256(digest)
    return token.with_ttl(timedelta(minutes=minutes)).to_jwt()


def one_call(job_id: str = "AJ_one", number: int = 1) -> list[WebhookEvent]:
    """The events of a whole call: an agent and a caller who speak for fifty seconds."""
    sid, other = f"RM_{number}", f"PA_person_{number}"
    in_room = room(sid)
    ended = JobState(
        status=2,
        started_at=nano(1),
        ended_at=nano(56),
        participant_identity=f"agent-{job_id}",
        worker_id="AW_one",
    )
    began = JobState(status=1, started_at=nano(1), worker_id="AW_one")
    them = caller(sid=other)
    us = agent(job_id)
    return [
        event("room_started", 0, room=in_room),
        event("agent_job_started", 1, job=job(job_id, began, room=in_room)),
        event("participant_joined", 1, room=in_room, participant=us),
        event("participant_joined", 2, room=in_room, participant=them),
        event(
            "track_published", 2, room=in_room, participant=of_track(us), track=track()
        ),
        event(
            "track_published",
            3,
            room=in_room,
            participant=of_track(them),
            track=track(),
        ),
        event("participant_left", 52, room=in_room, participant=them),
        event("participant_left", 55, room=in_room, participant=us),
        event("agent_job_ended", 56, job=job(job_id, ended, room=in_room)),
        event("room_finished", 58, room=in_room),
    ]
