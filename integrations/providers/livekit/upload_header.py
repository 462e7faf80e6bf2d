"""The header of a session that LiveKit's SDKs upload. Pure."""

from __future__ import annotations

import json
from typing import Any

from integrations.providers.livekit import wire
from integrations.providers.livekit.wire import Budget
from web.json_bounds import Bounds, check_bounds

MAX_HEADER_FIELDS = 10_000
# Of a session summary, which lists a few models.
SUMMARY_BOUNDS = Bounds(containers=10_000, values=50_000, depth=32)
NANOSECONDS = 1_000_000_000


def read_header(data: bytes) -> dict[str, Any]:
    """Return a `MetricsRecordingHeader` by the names of its fields: texts, numbers and
    flags as they are, `start_time` in seconds, `session_summary` as an object.

    Source: livekit-protocol 1.1.29, livekit_metrics.proto.

    Raises:
        NotProtobuf: it is none.
    """
    found: dict[str, Any] = {}
    names = {1: "room_id", 6: "room_name", 8: "job_id"}
    flags = {9: "simulated", 10: "redaction_enabled"}
    for number, _, value in wire.fields(data, Budget(MAX_HEADER_FIELDS)):
        if number in names:
            found[names[number]] = wire.text(value)
        elif number in flags:
            found[flags[number]] = bool(wire.number(value))
        elif number == 3:
            found["duration_ms"] = wire.number(value)
        elif number == 4 and isinstance(value, bytes):
            found["start_time"] = _seconds(value)
        elif number == 11:
            found["session_summary"] = _object_in(wire.text(value))
    return found


def _seconds(timestamp: bytes) -> float:
    seconds = nanoseconds = 0
    for number, _, value in wire.fields(timestamp, Budget(100)):
        if number == 1:
            seconds = wire.signed(value)
        elif number == 2:
            nanoseconds = wire.signed(value)
    return seconds + nanoseconds / NANOSECONDS


def _object_in(text: str) -> dict[str, Any]:
    """Return an object, or an empty one where it is none or holds more than any has: the
    transcript is not in it.
    """
    try:
        check_bounds(text.encode("utf-8", "replace"), SUMMARY_BOUNDS)
        value = json.loads(text, parse_constant=lambda _name: None)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
