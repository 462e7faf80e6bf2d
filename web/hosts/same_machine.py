"""Tell whether a request comes from this machine, and not through a proxy on it."""

from __future__ import annotations

import ipaddress

from django.http import HttpRequest

# A proxy sends one of these with what it passes on for somebody else.
FORWARDING_HEADERS = (
    "Forwarded",
    "Via",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "X-Real-IP",
)


def comes_from_this_machine(request: HttpRequest) -> bool:
    """Tell whether it came over loopback, and no proxy says that it passes it on."""
    if any(name in request.headers for name in FORWARDING_HEADERS):
        return False
    try:
        peer = ipaddress.ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return (
            False  # over a Unix socket, for instance: a proxy may be at its other end
        )
    mapped = peer.ipv4_mapped if isinstance(peer, ipaddress.IPv6Address) else None
    return (mapped or peer).is_loopback
