"""Make the application that granian loads: the WSGI application behind our own bounds."""

from __future__ import annotations

import asyncio
import resource
import sys

from django.conf import settings

from integrations.operations.counters import count_turned_away
from integrations.request_body import COMPRESSION_OVERHEAD_BYTES
from web.server.application import Server
from web.server.limits import Limits
from web.server.turns import Lane
from zelto.wsgi import application as wsgi_application
from zelto.wsgi import draining

# What asks whether a process is well never waits behind pages.
POSTS_AND_PROBES = ("/webhooks/", "/healthz", "/readyz", "/metrics")
# As many connections as granian takes (`--backpressure` in the Procfile), and more.
OPEN_FILES = 8192
# For how long a thread that computes keeps the others of its process waiting.
SWITCH_SECONDS = 0.001
PROGRAMS = ("/v1", "/mcp")
UPLOADS = ("/v1/conversations", "/conversations/upload")


def lane_of(path: str) -> Lane:
    """Return the lane of a path."""
    if path.startswith(POSTS_AND_PROBES):
        return Lane.POSTS
    return Lane.PROGRAMS if path.startswith(PROGRAMS) else Lane.PAGES


def reads_as_it_arrives(path: str) -> bool:
    """Return whether a recording may be uploaded to this path."""
    return path.rstrip("/").endswith(UPLOADS)


def start(loop: asyncio.AbstractEventLoop) -> None:
    """Prepare the process for its requests, before the first one.

    Each connection is an open file. Systems start a process with few of them and let it
    have more when it asks. And whoever computes for long lets the others go on sooner:
    each of them needs several turns for a request of a millisecond.
    """
    sys.setswitchinterval(SWITCH_SECONDS)
    draining.serve_in(loop)
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if most == resource.RLIM_INFINITY else min(OPEN_FILES, most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(now, wanted), most))


application = Server(
    wsgi_application,
    Limits(
        threads=settings.WEB_THREADS,
        max_body_bytes=settings.MAX_BODY_BYTES + COMPRESSION_OVERHEAD_BYTES,
    ),
    lane_of=lane_of,
    reads_as_it_arrives=reads_as_it_arrives,
    on_startup=start,
    on_refused=count_turned_away,
)
