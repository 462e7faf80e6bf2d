"""The paths that programs ask for, however many slashes they put into them.

A base address with a slash at its end, and a path behind it that begins with one, come to
`//webhooks/calls`. Whoever posts to it never looks at the answer, and a redirect would
lose the body: so it is the same path.
"""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase

from web.server.environ import RAW_PATH

# Programs request what is below these paths, and get no HTML from it.
PROGRAM_PATHS = (
    *("/v1", "/webhooks", "/livekit", "/mcp"),
    *("/healthz", "/readyz", "/metrics"),
    "/worker",
)


def is_program_path(path: str) -> bool:
    """Return whether programs ask for this path."""
    return any(path == top or path.startswith(f"{top}/") for top in PROGRAM_PATHS)


def normalized(path: str, raw: bytes | None = None) -> str:
    """Return a path of programs with single slashes and none at its end; any other path
    as it is.

    raw: the path as it was sent, if that is known: a slash that was sent as `%2F` belongs
        to a name.
    """
    if "//" not in path and not path.endswith("/"):
        return path
    if raw is not None and b"//" not in raw and not raw.endswith(b"/"):
        return path
    single = "/" + "/".join(filter(None, path.split("/")))
    return single if is_program_path(single) else path


class ProgramPathMiddleware:
    """Gives each request of a program its path with single slashes; set before whatever
    looks at the path."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        sent = request.path_info
        path = normalized(sent, request.META.get(RAW_PATH))
        if path != sent:
            request.path = request.path.removesuffix(sent) + path
            request.path_info = request.META["PATH_INFO"] = path
        return self.get_response(request)
