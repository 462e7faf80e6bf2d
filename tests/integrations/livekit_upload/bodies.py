"""Bodies as LiveKit's SDKs make them, with what each test wants in them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from integrations.providers.livekit.wire import written

SESSION = "/observability/recordings/v0"
LOGS = "/observability/logs/otlp/v0"
JSON = {"content-type": "application/json"}
PROTOBUF = {"content-type": "application/x-protobuf"}
FORM = {"content-type": "multipart/form-data; boundary=x"}


def part(name: str, content: bytes) -> bytes:
    head = f'--x\r\nContent-Disposition: form-data; name="{name}"; filename="f"\r\n\r\n'
    return head.encode() + content + b"\r\n"


def form(*parts: tuple[str, bytes]) -> bytes:
    """Return a multipart body with these parts in this order."""
    return b"".join(part(name, content) for name, content in parts) + b"--x--\r\n"


def header(
    job: str = "AJ_1",
    room: str = "RM_1",
    summary: Mapping[str, Any] | bytes | None = None,
) -> bytes:
    """Return a `MetricsRecordingHeader`. summary: JSON, or bytes in its place."""
    found = written(8, job.encode()) if job else b""
    found += written(1, room.encode()) if room else b""
    if isinstance(summary, bytes):
        return found + written(11, summary)
    return found + (written(11, json.dumps(summary).encode()) if summary else b"")


def said(*texts: str, **fields: Any) -> list[dict[str, Any]]:
    """Return items of a chat history, by the user and the agent in turns."""
    return [
        {
            "id": f"item_{number}",
            "type": "message",
            "role": ("user", "assistant")[number % 2],
            "content": [text],
            "created_at": 1_795_906_418.5 + number,
            **fields,
        }
        for number, text in enumerate(texts)
    ]


def history(items: Any) -> bytes:
    return json.dumps({"items": items}).encode()


def logs(*records: dict[str, Any], scope: str = "chat_history") -> bytes:
    """Return an OTLP request as JSON."""
    one = [{"scope": {"name": scope}, "logRecords": list(records)}]
    return json.dumps({"resourceLogs": [{"scopeLogs": one}]}).encode()


def record(
    body: str = "chat item",
    *,
    job: str = "AJ_1",
    room: str = "RM_1",
    severity: int = 9,
    time: Any = "1795906418820539648",
    attributes: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    values = {"job_id": job, "room_id": room, **(attributes or {})}
    return {
        "timeUnixNano": time,
        "severityNumber": severity,
        "body": {"stringValue": body},
        "attributes": [
            {"key": key, "value": any_value(value)} for key, value in values.items()
        ],
    }


def any_value(value: Any) -> dict[str, Any]:
    """Return a value as OTLP writes it in JSON."""
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, dict):
        pairs = [{"key": key, "value": any_value(one)} for key, one in value.items()]
        return {"kvlistValue": {"values": pairs}}
    if isinstance(value, list):
        return {"arrayValue": {"values": [any_value(one) for one in value]}}
    return {} if value is None else {"stringValue": value}
