"""Handing out the wheel, to anybody: it is the same code for all, and pip has no login."""

from __future__ import annotations

import hashlib

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from conversations.recordings.byte_ranges import NotThere, range_in
from integrations.problems import problem
from integrations.worker_package.wheel import content_of, current_wheel

KEPT_BY_ALL = "public, max-age=31536000, immutable"


@csrf_exempt
def wheel(request: HttpRequest, name: str) -> HttpResponse:
    """Answer a wheel, or the bytes of it that a header asks for."""
    if request.method != "GET":
        detail = "GET the file from this address."
        return problem(request, 405, detail, headers={"Allow": "GET, HEAD"})
    content = content_of(name)
    if content is None:
        return problem(
            request,
            404,
            f"There is no such file. This instance has {current_wheel().url}.",
        )
    response = _answer(request, content)
    response["Accept-Ranges"] = "bytes"
    response["Cache-Control"] = KEPT_BY_ALL
    response["ETag"] = _etag(content)
    return response


def _etag(content: bytes) -> str:
    return f'"{hashlib.sha256(content).hexdigest()}"'


def _answer(request: HttpRequest, content: bytes) -> HttpResponse:
    if request.headers.get("If-None-Match") == _etag(content):
        return HttpResponse(status=304)
    size = len(content)
    try:
        part = range_in(request.headers.get("Range"), size)
    except NotThere:
        response = HttpResponse(status=416)
        response["Content-Range"] = f"bytes */{size}"
        return response
    if part is None or request.headers.get("If-Range", _etag(content)) != _etag(
        content
    ):
        return HttpResponse(content, content_type="application/octet-stream")
    response = HttpResponse(
        content[part.start : part.end],
        status=206,
        content_type="application/octet-stream",
    )
    response["Content-Range"] = f"bytes {part.start}-{part.end - 1}/{size}"
    return response
