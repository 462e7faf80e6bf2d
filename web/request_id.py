"""An id on every answer, which the log of a sender and the log here share."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextvars import ContextVar

from django.http import HttpRequest, HttpResponseBase

HEADER = "X-Request-Id"
# What this thread answers just now; for the log.
current_request: ContextVar[HttpRequest | None] = ContextVar(
    "current_request", default=None
)


class RequestIdMiddleware:
    """Set `request.request_id`, 32 hexadecimal digits, and the header `X-Request-Id`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        # Never taken from the client: it would let one request pose as another.
        request.request_id = secrets.token_hex(16)  # type: ignore[attr-defined]
        before = current_request.set(request)
        try:
            response = self.get_response(request)
        finally:
            current_request.reset(before)
        response[HEADER] = request.request_id  # type: ignore[attr-defined]
        return response


def request_id_of(request: HttpRequest) -> str:
    """Return the id of a request, or an empty text where the middleware did not see it."""
    return getattr(request, "request_id", "")
