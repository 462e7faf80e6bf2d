"""Answering LiveKit's events before what only pages need: sessions, cookies, policies."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from integrations.ingest.middleware import answer_early
from integrations.livekit_events.webhook import PREFIX, receive_event


class LiveKitEventMiddleware:
    """Answers the events; set behind `ProgramPathMiddleware`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        path = request.path_info
        if not path.startswith(PREFIX):
            return self.get_response(request)
        token = path.removeprefix(PREFIX)
        return answer_early(request, lambda one: receive_event(one, token))
