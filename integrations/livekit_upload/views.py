"""What answers LiveKit's own upload.

The SDKs take every answer below 400 for success, and try again after one answer alone.
So: 200 once it is stored, 503 with a `RetryInfo` where it could not be, never a redirect
and never HTML.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from uuid import UUID

from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse

from accounts.key_check import KeyCheck, check_key
from accounts.models import ApiKey
from integrations.delivery_log import append as delivery_log
from integrations.ingest import unknown_keys
from integrations.ingest.rate_limit import count_post
from integrations.livekit_upload import addresses, answers, counted_posts
from integrations.livekit_upload.addresses import (
    UploadAddress,
    names_a_signal,
    read_address,
)
from integrations.livekit_upload.logs import take_logs
from integrations.livekit_upload.posts import KEY_OVER, RETRY_AFTER, Post
from integrations.livekit_upload.sessions import take_session
from integrations.livekit_upload.traces import take_traces
from integrations.operations.counters import count_answers
from integrations.problems import Refusal, problem
from integrations.request_body import BodyFault
from integrations.worker_wakeup import wake_worker
from web.db_cursor import on_live_connection

logger = logging.getLogger(__name__)

WRONG_SCOPE = (
    "The key in this address is not of the scope ingest. Addresses end up in logs, so "
    "create an upload URL on the LiveKit page, which has such a key."
)
NO_ADDRESS = (
    "This address has no upload key, or more behind it than an agent's id. Copy the whole "
    "of it from the LiveKit page."
)
COUNTED = {addresses.METRICS: counted_posts.METRICS}
TAKERS: dict[str, Callable[[Post], None]] = {
    addresses.SESSIONS: take_session,
    addresses.LOGS: take_logs,
    addresses.TRACES: take_traces,
}


def receive_upload(request: HttpRequest) -> HttpResponse:
    """Take one request of an SDK; answer 200 once what it says is on disk."""
    if request.method != "POST":
        detail = "LiveKit's SDKs POST to this address."
        return problem(request, 405, detail, headers={"Allow": "POST"})
    address = read_address(request.path_info)
    if address is None:
        if not names_a_signal(request.path_info):
            return _taken(request)
        return problem(request, 404, NO_ADDRESS)
    try:
        return _receive(request, address)
    except (DatabaseError, InterfaceError):
        logger.exception("An upload of LiveKit's could not be stored")
        return later("The session could not be stored just now.")


receive = count_answers(receive_upload)


def later(detail: str, seconds: int = answers.RETRY_SECONDS) -> HttpResponse:
    """Return the 503 after which the SDKs send it again, in so many seconds."""
    body = answers.try_again(detail, seconds)
    return HttpResponse(body, status=503, content_type=answers.PROTOBUF)


def _receive(request: HttpRequest, address: UploadAddress) -> HttpResponse:
    check = _check(address)
    if check.organization_id is None:
        unknown_keys.count_unknown_key()
        return problem(request, 401, check.detail)
    post = Post(request, address, check)
    try:
        _admit(check)
        take = TAKERS.get(address.signal)
        if take is None:
            _count(post)
            return _taken(request)
        if address.signal == addresses.SESSIONS:
            _require_rate(check.organization_id)
        take(post)
    except BodyFault as fault:
        return _refuse(post, Refusal(fault.status, fault.detail))
    except Refusal as refusal:
        if refusal.status == 503:
            wake_worker()  # it may be stored, and lack its audio alone
            return later(refusal.detail, _seconds_of(refusal))
        return _refuse(post, refusal)
    except OSError:
        logger.exception("An upload of LiveKit's could not be taken in")
        return later("There is no room for the session on this server just now.")
    wake_worker()
    return _taken(request)


def _count(post: Post) -> None:
    """Count what is not used: that it comes says that the address is right."""
    reason = COUNTED.get(post.address.signal)
    if reason is not None:
        counted_posts.count(post.arrival(), reason)


def _check(address: UploadAddress) -> KeyCheck:
    def look_up() -> KeyCheck:
        return check_key(f"Bearer {address.token}")

    return on_live_connection(look_up, again=look_up)


def _admit(check: KeyCheck) -> None:
    if check.refused:
        raise Refusal(401, KEY_OVER)
    if check.scope != ApiKey.Scope.INGEST:
        raise Refusal(403, WRONG_SCOPE)


def _require_rate(organization_id: UUID) -> None:
    """Count a session as a post of its organization. Log records are not counted: some
    workers send thousands, and the session must not wait for those.

    Raises:
        Refusal: 503, there were too many in this minute.
    """
    rate = count_post(organization_id)
    if rate and rate.is_over:
        again = (RETRY_AFTER, str(rate.resets_in))
        raise Refusal(503, f"Over {rate.limit} posts a minute.", headers=(again,))


def _seconds_of(refusal: Refusal) -> int:
    return int(dict(refusal.headers).get(RETRY_AFTER, answers.RETRY_SECONDS))


def _refuse(post: Post, refusal: Refusal) -> HttpResponse:
    delivery_log.refuse(
        post.arrival(),
        status=refusal.status,
        reason=refusal.detail,
        errors=refusal.errors,
    )
    return problem(post.request, refusal.status, refusal.detail)


def _taken(request: HttpRequest) -> HttpResponse:
    if "json" in request.headers.get("Content-Type", ""):
        return HttpResponse(b"{}", content_type="application/json")
    return HttpResponse(b"", content_type=answers.PROTOBUF)
