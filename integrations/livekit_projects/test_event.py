"""A test event: signed as LiveKit signs, and given to the code that takes LiveKit's.

It does not leave this machine, so it says nothing of the way from LiveKit to here.
"""

from __future__ import annotations

import base64
import hashlib
import json
import time
from dataclasses import dataclass

import jwt

from accounts.identifiers import time_ordered_uuid
from integrations.livekit_events import known_projects
from integrations.livekit_events.event_worker import TEST_EVENT
from integrations.livekit_events.signature import BadSignature, verify
from integrations.livekit_events.webhook import take
from integrations.models import LiveKitCredential, LiveKitEvent, LiveKitProject

VALID_SECONDS = 300
UNREADABLE = "The secret of {} can no longer be read, since SECRET_KEY was changed. Enter it again."


class TestFailed(Exception):
    """Why a test event was not taken: a sentence."""

    __test__ = False  # for pytest, which takes it for a test


@dataclass(frozen=True, slots=True)
class SentTest:
    """A test event of a project, and whether a worker has read it."""

    event_id: str
    was_read: bool


def send_test(project: LiveKitProject) -> str:
    """Sign an event with each API key of the project, check it as LiveKit's are checked,
    store the last, and return its id.

    Raises:
        TestFailed: a secret cannot be read, or the project is gone.
    """
    event_id = f"ZELTO_{time_ordered_uuid().hex}"
    body = json.dumps(
        {"event": TEST_EVENT, "id": event_id, "createdAt": str(int(time.time()))}
    ).encode()
    for credential in project.credentials.all():
        if credential.secret is None:
            raise TestFailed(UNREADABLE.format(credential.api_key))
        _check(project, body, _signed(body, credential))
    known = known_projects.find(project.token, max_age=0)
    if known is None or not take(known, body):
        raise TestFailed("The project was removed meanwhile.")
    return event_id


def sent_test(project: LiveKitProject, event_id: str) -> SentTest | None:
    """Return a test event of the project; None where it has no such."""
    event = LiveKitEvent.objects.filter(
        project=project, event_id=event_id, name=TEST_EVENT
    ).first()
    return SentTest(event_id, event.processed_at is not None) if event else None


def _signed(body: bytes, credential: LiveKitCredential) -> str:
    now = int(time.time())
    claims = {
        "iss": credential.api_key,
        "nbf": now,
        "exp": now + VALID_SECONDS,
        "sha256": base64.b64encode(hashlib.sha256(body).digest()).decode(),
    }
    return jwt.encode(claims, credential.secret, algorithm="HS256")


def _check(project: LiveKitProject, body: bytes, token: str) -> None:
    known = known_projects.find(project.token, max_age=0)
    if known is None:
        raise TestFailed("The project was removed meanwhile.")
    try:
        verify(token, body, known.credentials)
    except BadSignature as bad:
        raise TestFailed(str(bad)) from bad
