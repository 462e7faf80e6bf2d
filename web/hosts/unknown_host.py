"""What to say where a request asks for a host that is not one of ALLOWED_HOSTS.

The log says it, and whoever asks from this machine is told: they set it up. Others learn
nothing of the settings.
"""

from __future__ import annotations

import logging
import re

from django.conf import settings
from django.http import HttpRequest

from web.hosts.same_machine import comes_from_this_machine

logger = logging.getLogger(__name__)

MAX_CHARACTERS = 100
# What Django takes for a host at all; ALLOWED_HOSTS cannot name anything else.
HOST = re.compile(r"([a-z0-9.-]+|\[[a-f0-9:.]+\])(:[0-9]+)?", re.IGNORECASE)


def log_unknown_host(request: HttpRequest) -> str | None:
    """Write to the log why this host is refused; return that for whoever asks from this
    machine, and None for all others.
    """
    sentence = _sentence(request)
    logger.warning("%s", sentence, extra={"request": request, "status_code": 400})
    # nginx names nobody unless it is told to, and asks by HTTP/1.0.
    is_old = request.META.get("SERVER_PROTOCOL") == "HTTP/1.0"
    return sentence if comes_from_this_machine(request) and not is_old else None


def _sentence(request: HttpRequest) -> str:
    host = _host_of(request)
    allowed = ", ".join(settings.ALLOWED_HOSTS)
    if HOST.fullmatch(host):
        name = re.sub(r":[0-9]+$", "", host)
        return (
            f"The host {name!r} is not one of ALLOWED_HOSTS ({allowed}). Where people or "
            "programs reach this Zelto by it, add it to ALLOWED_HOSTS and start Zelto "
            "again; a proxy in front must pass on the Host header."
        )
    return (
        f"{host!r} is no host name, so ALLOWED_HOSTS cannot name it: it has letters, "
        f"digits, dots and hyphens, no underscore. ALLOWED_HOSTS has {allowed}; ask under "
        "one of these, or give this Zelto another name and add that."
    )


def _host_of(request: HttpRequest) -> str:
    host = str(request.META.get("HTTP_HOST", request.META.get("SERVER_NAME", "")))
    return host if len(host) <= MAX_CHARACTERS else f"{host[:MAX_CHARACTERS]}…"
