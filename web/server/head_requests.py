"""A HEAD, answered as the GET that it asks about, without the body.

Monitors, download managers and those who look at links in mails and chats send one. It
hands nothing over, so it is noted nowhere and uses nothing up.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase


class HeadMiddleware:
    """Has views see a GET in place of a HEAD, so that both have the same headers.

    Set last: what is around it, such as the compression, sees the HEAD.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.method != "HEAD":
            return _allowing_head(self.get_response(request))
        request.method = "GET"
        request.is_head = True  # type: ignore[attr-defined]
        try:
            response = _allowing_head(self.get_response(request))
        finally:
            request.method = "HEAD"
        _keep_messages(request)
        if response.streaming:
            # Nobody reads it; what it holds is closed with the answer.
            response.streaming_content = ()  # type: ignore[attr-defined]
        return response


def is_head(request: HttpRequest) -> bool:
    """Return whether the GET that a view sees is a HEAD: then nothing is handed over,
    and what a view would note, keep or begin it leaves out.
    """
    return getattr(request, "is_head", False)


def _allowing_head(response: HttpResponseBase) -> HttpResponseBase:
    """Return a response whose `Allow`, where it names GET, names HEAD too."""
    allowed = response.get("Allow", "").split(", ")
    if "GET" in allowed and "HEAD" not in allowed:
        allowed.insert(allowed.index("GET") + 1, "HEAD")
        response["Allow"] = ", ".join(allowed)
    return response


def _keep_messages(request: HttpRequest) -> None:
    """Have the messages that were rendered wait on: nobody has seen them."""
    messages = getattr(request, "_messages", None)
    if messages is not None:
        messages.used = False
