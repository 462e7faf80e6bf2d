"""Compression of pages and JSON."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

KINDS = frozenset(
    {
        "text/html",
        "text/csv",
        "application/json",
        "application/problem+json",
        "application/x-ndjson",
    }
)


class CompressionMiddleware(GZipMiddleware):
    """Compress text only: audio is compressed already, and requested in ranges.

    What one could guess from the size of a compressed page (BREACH) is masked: Django
    varies the size of each by up to 100 bytes and gives every form another CSRF token.
    """

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        kind = response.headers.get("Content-Type", "").partition(";")[0]
        if kind.strip().lower() not in KINDS or response.status_code == 206:
            return response
        return super().process_response(request, response)
