"""`POST /webhooks/livekit/<token>`: check the signature, store, answer. Nothing else.

LiveKit looks at the status alone. It sends again after a 5xx, some times within a minute;
what is answered 4xx is lost. So whatever was signed is stored, also what cannot be read.
"""

from __future__ import annotations

import logging
import re

from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from integrations import request_body
from integrations.ingest.webhook import read_stream
from integrations.livekit_events import event_log, known_projects
from integrations.livekit_events.event_wakeup import wake_worker
from integrations.livekit_events.known_projects import KnownProject
from integrations.livekit_events.refusals import count_refusal
from integrations.livekit_events.signature import BadSignature, verify
from integrations.problems import problem
from integrations.request_body import BodyFault

logger = logging.getLogger(__name__)

PREFIX = "/webhooks/livekit/"
TYPES = ("application/webhook+json", "application/json")
MAX_EVENT_BYTES = 512 * 1024
RETRY_AFTER_SECONDS = 2
RECEIVED = b'{"received": true}'
# One answer for all that is not LiveKit's, so that nobody learns which addresses exist.
NOT_KNOWN = "No LiveKit project here is at this address with this signature."
_TOKEN = re.compile(r"[A-Za-z0-9_-]{16,32}")


@csrf_exempt
def receive_event(request: HttpRequest, token: str) -> HttpResponse:
    """Take one event of a LiveKit server; answer 200 once it is on disk."""
    if request.method != "POST":
        detail = "LiveKit's server POSTs its events to this address."
        return problem(request, 405, detail, headers={"Allow": "POST"})
    try:
        return _receive(request, token)
    except BodyFault as fault:
        return problem(request, fault.status, fault.detail)
    except (DatabaseError, InterfaceError):
        logger.exception("An event of LiveKit's could not be stored")
        detail = "The event could not be stored just now. Send it again."
        headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
        return problem(request, 503, detail, headers=headers)


def _receive(request: HttpRequest, token: str) -> HttpResponse:
    _require_type(request)
    body = read_stream(request, MAX_EVENT_BYTES)
    if len(body) > MAX_EVENT_BYTES:
        raise request_body.too_large(MAX_EVENT_BYTES)
    project = known_projects.find(token) if _TOKEN.fullmatch(token) else None
    if project is None:
        return _not_known(request)
    try:
        _verify(request, token, project, body)
    except BadSignature as bad:
        count_refusal(project.id, str(bad))
        return _not_known(request)
    if not take(project, body):
        known_projects.forget(token)
        return _not_known(request)
    return HttpResponse(RECEIVED, content_type="application/json")


def take(project: KnownProject, body: bytes) -> bool:
    """Store what was signed, and wake a worker; return whether the project is there."""
    try:
        event = request_body.parse(body)
    except BodyFault:
        event = None  # a worker says why
    is_stored = event_log.store(event_log.arrived(project.id, body, event))
    if is_stored:
        wake_worker()
    return is_stored


def _verify(
    request: HttpRequest, token: str, project: KnownProject, body: bytes
) -> None:
    header = request.headers.get("Authorization")
    try:
        verify(header, body, project.credentials)
    except BadSignature:
        # It may have been signed with a secret that was entered a moment ago.
        again = known_projects.find(
            token, max_age=known_projects.LOOKED_UP_EVERY_SECONDS
        )
        if again is None or again.credentials == project.credentials:
            raise
        verify(header, body, again.credentials)


def _require_type(request: HttpRequest) -> None:
    media_type = request.headers.get("Content-Type", "").partition(";")[0]
    if media_type.strip().lower() not in TYPES:
        raise BodyFault(415, f"Send an event as {TYPES[0]}.")
    encoding = request.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in ("", "identity"):
        raise BodyFault(415, "Send an event without Content-Encoding.")


def _not_known(request: HttpRequest) -> HttpResponse:
    return problem(request, 401, NOT_KNOWN)
