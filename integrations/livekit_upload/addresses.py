"""Addresses of the upload: `/livekit/<token>[/<agent>]/observability/...`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from integrations.program_paths import normalized

PREFIX = "/livekit/"
SESSIONS = "recordings/v0"
LOGS = "logs/otlp/v0"
TRACES = "traces/otlp/v0"
METRICS = "metrics/otlp/v0"
_SHAPE = re.compile(
    r"/livekit/(?P<token>[^/]+)(?:/(?P<agent>[^/]{1,255}))?/observability/(?P<signal>.+)"
)


@dataclass(frozen=True, slots=True)
class UploadAddress:
    """What a path says. agent: empty where it names none."""

    token: str
    agent: str
    signal: str


def is_upload(path: str) -> bool:
    """Tell whether a path is of the upload, also with doubled slashes: the SDKs join
    what they are given by writing one behind the other.
    """
    return normalized(path).startswith(PREFIX)


def names_a_signal(path: str) -> bool:
    """Tell whether something of a session is posted to a path, whatever else it says."""
    return normalized(path).endswith((SESSIONS, LOGS, TRACES))


def read_address(path: str) -> UploadAddress | None:
    """Return what a path says; None where it names no signal."""
    found = _SHAPE.fullmatch(normalized(path))
    if found is None:
        return None
    return UploadAddress(found["token"], found["agent"] or "", found["signal"])
