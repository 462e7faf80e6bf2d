"""Which lane of the web server a path is in, and which paths take large bodies."""

from __future__ import annotations

from integrations.livekit_upload import addresses
from integrations.program_paths import normalized
from web.server.turns import Lane

# What asks whether a process is well never waits behind pages.
POSTS_AND_PROBES = ("/webhooks/", addresses.PREFIX, "/healthz", "/readyz", "/metrics")
PROGRAMS = ("/v1", "/mcp")
UPLOADS = ("/v1/conversations", "/conversations/upload", addresses.SESSIONS)


def lane_of(path: str) -> Lane:
    """Return the lane of a path."""
    path = normalized(path)
    if path.startswith(addresses.PREFIX) and not path.endswith(addresses.SESSIONS):
        return Lane.LOGS
    if path.startswith(POSTS_AND_PROBES):
        return Lane.POSTS
    return Lane.PROGRAMS if path.startswith(PROGRAMS) else Lane.PAGES


def reads_as_it_arrives(path: str) -> bool:
    """Return whether a recording may be uploaded to this path."""
    return normalized(path).rstrip("/").endswith(UPLOADS)
