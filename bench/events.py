"""Events of LiveKit's servers beside posts of sessions: does the one delay the other?"""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from urllib.parse import urlsplit

import jwt
from google.protobuf.json_format import MessageToJson
from livekit.protocol.agent import Job, JobState
from livekit.protocol.models import ParticipantInfo, Room, TrackInfo
from livekit.protocol.webhook import WebhookEvent

from bench.errors import BenchError
from bench.instance import Instance, Tenant
from bench.report import Figures, Ratio, at_least, at_most
from bench.senders import Sent, post_sessions, wrk

SCRIPT = Path(__file__).with_name("events.lua")
EVENTS_A_SECOND = 1000
POSTS_A_SECOND = 20
EVENT_CONNECTIONS = 16
GOAL_RATIO = 1.5
WARM_UP_SECONDS = 3
READ_WITHIN = 600.0
API_KEY = "APIbench12345678"
SECRET = "the-secret-of-a-project-that-is-thrown-away"  # noqa: S105 - of the bench
VALID_SECONDS = 300
# In place of a call's number.
CALL = "0" * 9
# What a participant has: enough for bodies of the usual kilobyte.
METADATA = '{"plan": "gold", "locale": "en-GB", "source": "website"}' * 4

# Typed into `manage.py shell`: the secret is encrypted with the instance's own key.
_ADD_PROJECT = """
from accounts.models import Organization
from integrations.models import LiveKitCredential, LiveKitProject
organization = Organization.objects.get(slug={slug!r})
project = LiveKitProject.objects.create(organization=organization, name="Bench")
LiveKitCredential.objects.create(project=project, api_key={key!r}, secret={secret!r})
print(project.token)
"""


def measure(
    instance: Instance, tenant: Tenant, *, seconds: int
) -> tuple[Figures, list[Ratio]]:
    """Measure posts without events, with them for so many seconds, and without again.

    Raises:
        BenchError: wrk failed, or the events were not read in time.
    """
    requests = _prepared(instance, tenant, seconds)
    _post(instance, tenant, WARM_UP_SECONDS)
    before = _post(instance, tenant, max(seconds // 2, 2))
    with _sending(instance, requests, seconds) as sender:
        during = _post(instance, tenant, max(seconds - 2, 2))
        events = _sent(sender)
    stored, waiting = (_count(instance, waiting=one) for one in (False, True))
    read_after = _wait_until_read(instance)
    after = _post(instance, tenant, max(seconds // 2, 2))
    quiet = max(before.p99_ms, after.p99_ms)
    posts = {"before": before, "during": during, "after": after}
    figures: Figures = {
        "events": _figures(events)
        | {"stored": stored, "waiting_at_the_end": waiting, "read_after": read_after},
        "posts": {name: _figures(one) for name, one in posts.items()},
    }
    print(f"  {json.dumps(figures)}", flush=True)
    return figures, [
        at_least("events taken", events.rate, EVENTS_A_SECOND * 0.99, "/s"),
        at_most("events refused or lost", events.not_ok + events.lost, 0),
        at_most("answered 200 and not in the log", events.answers - stored, 0),
        at_most("post beside events / without, p99", during.p99_ms / quiet, GOAL_RATIO),
    ]


def _figures(sent: Sent) -> Figures:
    return asdict(sent) | {"rate": sent.rate}


def _prepared(instance: Instance, tenant: Tenant, seconds: int) -> Path:
    code = _ADD_PROJECT.format(slug=tenant.slug, key=API_KEY, secret=SECRET)
    token = instance.manage("shell", "--no-imports", "--command", code).strip()
    requests = instance.folder / "events.requests"
    count = int(EVENTS_A_SECOND * seconds * 1.1)
    _write_requests(requests, f"{instance.url}/webhooks/livekit/{token}", count=count)
    return requests


def _post(instance: Instance, tenant: Tenant, seconds: int) -> Sent:
    return post_sessions(
        f"{instance.url}/webhooks/calls",
        tenant.key,
        folder=instance.folder,
        connections=1,
        seconds=seconds,
        rate=POSTS_A_SECOND,
    )


def _sending(
    instance: Instance, requests: Path, seconds: int
) -> subprocess.Popen[bytes]:
    command = [wrk(), "--threads=1", f"--connections={EVENT_CONNECTIONS}"]
    command += [f"--duration={seconds}s", "--timeout=10s", f"--script={SCRIPT}"]
    command += [instance.url, "--", str(requests), str(EVENTS_A_SECOND)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def _sent(sender: subprocess.Popen[bytes]) -> Sent:
    printed = sender.communicate()[0].decode("utf-8", "replace")
    for line in printed.splitlines():
        if line.startswith("RESULT "):
            return Sent(**json.loads(line.removeprefix("RESULT ")))
    raise BenchError(f"wrk gave no result:\n{printed}")


def _count(instance: Instance, *, waiting: bool) -> int:
    rows = instance.execute(
        "SELECT count(*) FROM integrations_livekitevent"
        " WHERE processed_at IS NULL OR NOT %s",
        waiting,
    )
    count: int = rows[0][0]
    return count


def _wait_until_read(instance: Instance) -> float:
    """Return after how many seconds all were read.

    Raises:
        BenchError: they were not, within `READ_WITHIN`.
    """
    began = time.monotonic()
    while _count(instance, waiting=True):
        if time.monotonic() - began > READ_WITHIN:
            raise BenchError("The events were not read in time.")
        time.sleep(0.2)
    return time.monotonic() - began


def _write_requests(path: Path, url: str, *, count: int) -> None:
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
