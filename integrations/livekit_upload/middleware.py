"""Answering LiveKit's own upload before what only pages need, whatever slashes their
addresses have: no route would find them.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from integrations.ingest.middleware import answer_early
from integrations.livekit_upload.addresses import is_upload
from integrations.livekit_upload.views import receive


class LiveKitUploadMiddleware:
    """Answers the upload; set behind `RequestIdMiddleware`, before all others."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not is_upload(request.path_info):
            return self.get_response(request)
        return answer_early(request, receive)
