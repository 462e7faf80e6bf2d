"""Events as a LiveKit server sends them, signed, as a file of requests for wrk."""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import jwt
from google.protobuf.json_format import MessageToJson
from livekit.protocol.agent import Job, JobState
from livekit.protocol.models import ParticipantInfo, Room, TrackInfo
from livekit.protocol.webhook import WebhookEvent

API_KEY = "APIbench12345678"
SECRET = "the-secret-of-a-project-that-is-thrown-away"  # noqa: S105 - of the bench
VALID_SECONDS = 300
# In place of a call's number.
CALL = "0" * 9
# What a participant has: enough for bodies of the usual kilobyte.
METADATA = '{"plan": "gold", "locale": "en-GB", "source": "website"}' * 4


def write_requests(path: Path, url: str, *, count: int) -> None:
    """Write so many requests, ten for each call, none of them twice.

    url: the webhook address of a project.
    """
    templates = [_written(one) for one in _call(int(time.time()))]
    with path.open("wb") as file:
        for number in range(count):
            call, place = divmod(number, len(templates))
            body = templates[place].replace(CALL.encode(), b"%09d" % (call + 1))
            request = _request(url, body)
            file.write(b"%08d" % len(request) + request)


def _written(event: WebhookEvent) -> bytes:
    return MessageToJson(event, indent=None).encode()


def _request(url: str, body: bytes) -> bytes:
    parts = urlsplit(url)
    head = (
        f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
        f"Authorization: {_token(body)}\r\nContent-Type: application/webhook+json\r\n"
        f"User-Agent: LiveKit\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _token(body: bytes) -> str:
    now = int(time.time())
    claims = {
        "iss": API_KEY,
        "nbf": now,
        "exp": now + VALID_SECONDS,
        "sha256": base64.b64encode(hashlib.sha256(body).digest()).decode(),
    }
    return jwt.encode(claims, SECRET, algorithm="HS256")


def _call(began: int) -> Iterator[WebhookEvent]:
    """Yield the events of one call, with `CALL` in all its ids."""
    room = Room(sid=f"RM_{CALL}", name=f"call-{CALL}", creation_time=began)
    agent = _participant(f"PA_a{CALL}", f"agent-AJ_{CALL}", "AGENT")
    person = _participant(f"PA_p{CALL}", f"person-{CALL}", "STANDARD")
    ended = JobState(
        status="JS_SUCCESS", started_at=began * 10**9, ended_at=(began + 60) * 10**9
    )
    job = Job(id=f"AJ_{CALL}", agent_name="front-desk", room=room)
    told = [
        WebhookEvent(event="room_started"),
        WebhookEvent(event="agent_job_started", job=job),
        WebhookEvent(event="participant_joined", participant=agent),
        WebhookEvent(event="participant_joined", participant=person),
        *(
            WebhookEvent(
                event="track_published",
                participant=ParticipantInfo(sid=one.sid, identity=one.identity),
                track=TrackInfo(sid=f"TR_{one.sid}", mime_type="audio/red"),
            )
            for one in (agent, person)
        ),
        WebhookEvent(event="participant_left", participant=person),
        WebhookEvent(event="participant_left", participant=agent),
        WebhookEvent(
            event="agent_job_ended",
            job=Job(id=job.id, agent_name=job.agent_name, room=room, state=ended),
        ),
        WebhookEvent(event="room_finished"),
    ]
    for place, event in enumerate(told):
        event.id = f"EV_{place}{CALL}"
        event.created_at = began
        event.room.CopyFrom(room)
        yield event


def _participant(sid: str, identity: str, kind: str) -> ParticipantInfo:
    return ParticipantInfo(
        sid=sid,
        identity=identity,
        kind=kind,
        name="Ada Lovelace",
        metadata=METADATA,
        joined_at=int(time.time()),
    )
