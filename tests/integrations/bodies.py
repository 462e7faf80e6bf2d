"""Small canonical bodies for the tests of reading."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from conversations.projection.update import CallUpdate
from integrations.providers import Reading, read

PAYLOADS = Path(__file__).parent.parent / "payloads"


def recorded(name: str) -> dict[str, Any]:
    """Return a recorded payload of LiveKit."""
    payload: dict[str, Any] = json.loads((PAYLOADS / "livekit" / name).read_text())
    return payload


def body(**parts: Any) -> dict[str, Any]:
    """Return the smallest body that is accepted, with parts added."""
    return {"call": {"externalId": "c-1"}, "agent": {"externalId": "a-1"}} | parts


def call(**fields: Any) -> dict[str, Any]:
    return body(call={"externalId": "c-1", **fields})


def turns(*sent: Any) -> dict[str, Any]:
    return body(transcript={"turns": list(sent)})


def items(*sent: Any, **parts: Any) -> dict[str, Any]:
    return body(transcript={"items": list(sent)}, **parts)


def taken(payload: dict[str, Any], provider: str = "zelto") -> CallUpdate:
    """Return the update of a body that is accepted without a warning."""
    reading = read(provider, payload)
    assert not reading.errors
    assert not reading.warnings
    assert reading.update is not None
    return reading.update


def warned(payload: dict[str, Any], provider: str = "zelto") -> tuple[CallUpdate, Any]:
    """Return the update and the one warning of a body, as (path, detail)."""
    reading = read(provider, payload)
    assert not reading.errors
    assert reading.update is not None
    assert len(reading.warnings) == 1, reading.warnings
    return reading.update, (reading.warnings[0].path, reading.warnings[0].detail)


def refused(payload: dict[str, Any], provider: str = "zelto") -> dict[str, str]:
    """Return the faults of a refused body, by path."""
    reading = read(provider, payload)
    assert reading.update is None
    return {fault.path: fault.detail for fault in reading.errors}


def paths(reading: Reading) -> list[str]:
    return [fault.path for fault in reading.errors or reading.warnings]


def only_turn(*sent: Any) -> dict[str, Any]:
    """Return the one turn that LiveKit's items result in."""
    (turn,) = taken(items(*sent), "livekit").turns or []
    return turn
