"""Make the application that granian loads: the WSGI application behind our own bounds."""

from __future__ import annotations

import asyncio
import resource
import sys

from django.conf import settings

from integrations.livekit_upload import addresses, answers
from integrations.operations.counters import count_turned_away
from integrations.request_body import COMPRESSION_OVERHEAD_BYTES
from web.server.application import Server
from web.server.limits import Limits
from zelto.lanes import lane_of, reads_as_it_arrives
from zelto.wsgi import application as wsgi_application
from zelto.wsgi import draining

# As many connections as granian takes (`--backpressure` in the Procfile), and more.
OPEN_FILES = 8192
# For how long a thread that computes keeps the others of its process waiting.
SWITCH_SECONDS = 0.001


def busy_answer_of(path: str) -> tuple[str, bytes] | None:
    """Return type and body of a 503 or 408 where they are not a problem's: what LiveKit's
    SDKs must get to send a session again.
    """
    if not addresses.is_upload(path):
        return None
    return answers.PROTOBUF, answers.try_again("The server is busy just now.")


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
    busy_answer_of=busy_answer_of,
)
