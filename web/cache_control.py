"""What browsers, proxies and programs may keep of an answer: nothing, unless its view
says otherwise.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

HEADER = "Cache-Control"
KEPT_BY_NOBODY = "private, no-store"


class CacheControlMiddleware:
    """Forbid to keep an answer whose view does not set `Cache-Control` itself.

    Without the header a proxy may keep what one person was shown, 404 and 410 included,
    and a browser shows it to whoever goes back after a log-out.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if HEADER not in response:
            response[HEADER] = KEPT_BY_NOBODY
        return response
