"""The environment of a WSGI request (PEP 3333), made from an ASGI scope."""

from __future__ import annotations

import sys
from collections.abc import MutableMapping
from functools import lru_cache
from typing import Any

Scope = MutableMapping[str, Any]
# granian's word for HTTP/1.0 (findings/granian_http_1_0.sh); of ASGI it is "1.0".
VERSIONS = {"1": "1.0"}
# In the environment: the path as it was sent, in bytes, where the server tells it.
RAW_PATH = "web.raw_path"
WITHOUT_PREFIX = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}


@lru_cache(maxsize=256)
def _variable(name: bytes) -> str | None:
    """Return the name of a header's variable, or None for a header that is left out.

    `X_Real_Ip` and `X-Real-Ip` would be one variable, and a proxy that writes the one
    may let the other pass: names with underscores are left out, as other servers do.
    """
    text = name.decode("latin-1").lower()
    if "_" in text:
        return None
    return WITHOUT_PREFIX.get(text) or "HTTP_" + text.upper().replace("-", "_")


def environ_of(scope: Scope, body: object) -> dict[str, Any]:
    """Return the environment of one request.

    body: the file from which it is read.
    """
    server, port = scope.get("server") or ("localhost", 80)
    client = scope.get("client") or ("", 0)
    version = scope["http_version"]
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": scope["path"].encode("utf-8").decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": str(server),
        "SERVER_PORT": str(port or ""),
        "SERVER_PROTOCOL": f"HTTP/{VERSIONS.get(version, version)}",
        "REMOTE_ADDR": client[0],
        "REMOTE_PORT": str(client[1]),
        RAW_PATH: scope.get("raw_path"),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": body,
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope["headers"]:
        variable = _variable(name)
        if variable is None:
            continue
        text = value.decode("latin-1")
        if variable in environ:
            separator = "; " if variable == "HTTP_COOKIE" else ","
            text = environ[variable] + separator + text
        environ[variable] = text
    return environ


def header_of(scope: Scope, name: bytes) -> str:
    """Return the first header of this name, which is in lower case; empty for none."""
    for one, value in scope["headers"]:
        if one == name:
            text: str = value.decode("latin-1")
            return text
    return ""
