"""`POST /webhooks/calls`: check, append to the log, answer. Nothing else happens here.

The checks run in this order, so that a POST without a key of ours costs next to
nothing: method, key shape and checksum, key, scope and rate, content type, size, JSON,
schema.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from accounts.key_check import KeyCheck, check_key, remembered
from conversations.providers import DEFAULT_PROVIDER
from integrations import providers, request_body
from integrations.agent_workers.headers import note_in
from integrations.delivery_log import append as delivery_log
from integrations.delivery_log.append import Arrival
from integrations.ingest import unknown_keys
from integrations.ingest.rate_limit import Rate, count_post
from integrations.operations.counters import count_answers
from integrations.problems import (
    UNKNOWN_AGENT,
    Refusal,
    as_json,
    problem,
    validation_refusal,
)
from integrations.providers import Reading
from integrations.worker_wakeup import wake_worker
from web.db_cursor import on_live_connection
from web.request_id import request_id_of
from web.server.request_body import IS_LATE, TOO_SLOW
from web.storable_text import replace_unprintable

logger = logging.getLogger(__name__)

WEBHOOK_PATH = "/webhooks/calls"
RETRY_AFTER_SECONDS = 2
RECEIVED = b'{"received": true}'


@csrf_exempt
def receive_call(request: HttpRequest) -> HttpResponse:
    """Take one finished session; answer 200 once it is on disk, else a problem."""
    if request.method != "POST":
        detail = f"Send a POST to {request.path}, not a {request.method}."
        return problem(request, 405, detail, headers={"Allow": "POST"})
    try:
        return _receive(request)
    except (DatabaseError, InterfaceError):
        logger.exception("A session could not be stored")
        detail = "The session could not be stored just now. Send it again."
        headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
        return problem(request, 503, detail, headers=headers)


receive = count_answers(receive_call)


def _receive(request: HttpRequest) -> HttpResponse:
    known = remembered(request.headers.get("Authorization"))
    check = known or _check(request)
    if check.organization_id is None or check.key_id is None:
        return _refuse_unknown_key(request, check)
    post = _Post(request, check.organization_id, check.key_id)
    try:
        warnings = post.take(check)
    except Refusal as refusal:
        # The key may have been revoked since it was remembered, and a 401 wins.
        now = _check(request) if known else check
        if now.organization_id is None:
            return _refuse_unknown_key(request, now)
        refusal = _unauthorized(now) if now.refused else refusal
        return _with_rate(_log_refusal(post, refusal), post.rate)
    wake_worker()
    if warnings:
        response: HttpResponse = JsonResponse({"received": True, "warnings": warnings})
    else:
        response = HttpResponse(RECEIVED, content_type="application/json")
    return _with_rate(response, post.rate)


def _with_rate(response: HttpResponse, rate: Rate | None) -> HttpResponse:
    for name, value in rate.headers.items() if rate else ():
        response[name] = value
    return response


def _refuse_unknown_key(request: HttpRequest, check: KeyCheck) -> HttpResponse:
    unknown_keys.count_unknown_key()
    return _refused(request, _unauthorized(check))


def _log_refusal(post: _Post, refusal: Refusal) -> HttpResponse:
    delivery_log.refuse(
        post.arrival,
        status=refusal.status,
        reason=refusal.detail,
        errors=refusal.errors,
    )
    return _refused(post.request, refusal)


def _check(request: HttpRequest) -> KeyCheck:
    def look_up() -> KeyCheck:
        return check_key(request.headers.get("Authorization"))

    return on_live_connection(look_up, again=look_up)


class _Post:
    """One POST that is being checked; `arrival` is what is known of it so far.

    rate: once it is counted, and where there is a limit.
    """

    def __init__(
        self, request: HttpRequest, organization_id: UUID, key_id: UUID
    ) -> None:
        self.request = request
        self.rate: Rate | None = None
        self.arrival = Arrival(
            organization_id=organization_id,
            key_id=key_id,
            request_id=request_id_of(request),
            user_agent=user_agent_of(request),
            provider=_known_provider(request),
            worker=note_in(request),
        )

    def take(self, check: KeyCheck) -> list[dict[str, str]]:
        """Store the session, and return its warnings as `{"path", "detail"}`.

        Raises:
            Refusal: it is not taken; `arrival` has what is known of it by then.
        """  # noqa: DOC501 - a function makes it
        self._admit(check)
        try:
            data = self._read()
            payload = request_body.parse(data)
        except request_body.BodyFault as fault:
            raise Refusal(fault.status, fault.detail) from fault
        reading = providers.read(self.arrival.provider, payload)
        self._note_references(reading)
        if reading.update is None:
            raise validation_refusal(reading.errors)
        return self._store(reading)

    def _admit(self, check: KeyCheck) -> None:
        if check.refused:
            raise _unauthorized(check)
        if not check.may_post:
            raise Refusal(
                403,
                "This key may only read. Post with a key of the scope full or ingest.",
            )
        self.rate = count_post(check.organization_id)
        if self.rate and self.rate.is_over:
            limit, seconds = self.rate.limit, self.rate.resets_in
            raise Refusal(
                429,
                f"Over {limit} posts a minute. Wait {seconds} s, then send it again.",
                headers=(("Retry-After", str(seconds)),),
            )

    def _read(self) -> bytes:
        try:
            envelope = _envelope(self.request)
        except request_body.BodyFault as unknown:
            if unknown.status == 400:
                self._keep_for_replay()
            raise
        return self._unpack(envelope)

    def _keep_for_replay(self) -> None:
        """Keep the body of a POST whose header names an unknown provider, so that a
        person can replay it under the right one. What cannot be read is no further
        fault."""
        with suppress(request_body.BodyFault):
            data = self._unpack(_envelope(self.request, any_provider=True))
            self._note_references(
                providers.read(DEFAULT_PROVIDER, request_body.parse(data))
            )

    def _unpack(self, envelope: request_body.Envelope) -> bytes:
        limit = settings.MAX_BODY_BYTES
        raw = read_stream(self.request, limit)
        self._keep(raw)
        data = request_body.decompress(raw, envelope.encoding, limit)
        self._keep(data)
        return data

    def _note_references(self, reading: Reading) -> None:
        """Note for the log whose session it is, as far as that can be read."""
        self.arrival.agent_reference = reading.agent_reference or ""
        self.arrival.external_id = reading.call_external_id or ""

    def _keep(self, data: bytes) -> None:
        self.arrival.body = data
        self.arrival.size = len(data)

    def _store(self, reading: Reading) -> list[dict[str, str]]:
        assert reading.update is not None  # noqa: S101 - `take` looked
        agent_id = reading.update.agent.id
        warnings = [as_json(fault) for fault in reading.warnings]
        self.arrival.warnings = warnings
        if delivery_log.store(self.arrival, agent_id=agent_id) is None:
            # The key is no longer good, or the agent is not ours.
            check = _check(self.request)
            if check.refused:
                raise _unauthorized(check)
            raise validation_refusal([UNKNOWN_AGENT])
        return warnings


def _envelope(
    request: HttpRequest, *, any_provider: bool = False
) -> request_body.Envelope:
    headers = request.headers
    return request_body.check_type(
        headers.get("Content-Type"),
        headers.get("Content-Encoding"),
        None if any_provider else headers.get("X-Zelto-Provider"),
    )


def _known_provider(request: HttpRequest) -> str:
    """Return the known provider that the header names, for the log; empty for none."""
    try:
        return request_body.known_provider(request.headers.get("X-Zelto-Provider"))
    except request_body.BodyFault:
        return ""


def read_stream(request: HttpRequest, limit: int) -> bytes:
    """Return the body as sent, at most a little over `limit` bytes of it.

    Not `request.body`: that one stops at a limit of Django's own, and reads nothing
    where there is no Content-Length.

    Raises:
        BodyFault: 413, it is longer; 411, it has no length; 400, it ended before that;
            408, it came too slowly.
    """  # noqa: DOC501 - a function makes it
    if request.META.get(IS_LATE):
        raise request_body.BodyFault(408, TOO_SLOW)
    at_most = limit + request_body.COMPRESSION_OVERHEAD_BYTES + 1
    if request.META.get("CONTENT_LENGTH"):
        announced = int(request.META["CONTENT_LENGTH"])
        if announced >= at_most:
            raise request_body.too_large(limit)
        data = request.read(announced)
        if len(data) < announced:
            raise request_body.BodyFault(
                400, "The body ended before its Content-Length."
            )
        return data
    if not request.META.get("wsgi.input_terminated"):
        raise request_body.BodyFault(411, "Send the body with a Content-Length header.")
    data = request.META["wsgi.input"].read(at_most)
    if len(data) == at_most:
        raise request_body.too_large(limit)
    return bytes(data)


def _unauthorized(check: KeyCheck) -> Refusal:
    return Refusal(401, check.detail, headers=(("WWW-Authenticate", "Bearer"),))


def _refused(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    return problem(
        request,
        refusal.status,
        refusal.detail,
        errors=refusal.errors,
        headers=dict(refusal.headers),
    )


def user_agent_of(request: HttpRequest) -> str:
    """Return the User-Agent for the log: at most 255 characters, all printable."""
    return replace_unprintable(request.headers.get("User-Agent", "")[:255])
