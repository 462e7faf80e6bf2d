"""What LiveKit's SDKs upload by themselves when a session ends, as calls. Pure.

A session comes as one recording (header, chat history, audio), as log records that say
most of it again, and as spans, of which two say why it ended; in any order, and each may
be missing. `docs/help/livekit-upload.md` has what each version sends.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from conversations.projection.update import CallUpdate
from integrations import providers
from integrations.providers.livekit import wire
from integrations.providers.livekit.otlp import LogRecord
from integrations.providers.livekit.wire import Budget

KIND = "livekitUpload"  # the key that tells what a body of the log is
RECORDING, LOGS, TRACES = "recording", "logs", "traces"
CHAT_SCOPE, VERDICT_SCOPE = "chat_history", "evaluations"
SESSION_REPORT, CHAT_ITEM = "session report", "chat item"
SESSION_CLOSE, JOB_SHUTDOWN = "session_close", "job_shutdown"  # spans, 1.8.2 and later
NAMELESS_AGENT = "livekit-agent"
ERROR_SEVERITY = 17
# Of a job that no server dispatched: a console, a simulation.
TEST_PREFIXES = ("mock-job-", "SRM_")
MAX_HEADER_FIELDS = 10_000
NANOSECONDS = 1_000_000_000


class NotAnUpload(Exception):
    """What was stored does not read as a call; says why."""


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
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def is_of_a_session(record: LogRecord) -> bool:
    """Tell whether a record says something of a session, and is no line of a log."""
    return record.scope in (CHAT_SCOPE, VERDICT_SCOPE)


def read_upload(payload: Mapping[str, Any]) -> CallUpdate:
    """Return what an upload that the log holds says of its call.

    payload: as `integrations.livekit_upload` stores it.

    Raises:
        NotAnUpload: it does not read as a call.
    """
    kind = payload.get(KIND)
    readers = {RECORDING: _of_recording, TRACES: _of_traces}
    reading = providers.read("livekit", readers.get(kind, _of_logs)(payload))
    if reading.update is None:
        first = reading.errors[0]
        raise NotAnUpload(f"{first.path} {first.detail}")
    update = reading.update
    if kind == TRACES:
        return replace(
            update,
            fills_only=frozenset({"ended_reason"}),
            agent_is_guess=not payload["agentName"],
        )
    if kind != RECORDING:
        return replace(update, turns_are_parts=True)
    has_summary = bool(payload["header"].get("session_summary"))
    audio = payload.get("audio")
    return replace(
        update,
        received_audio=audio["file"] if audio else None,
        fills_only=frozenset() if has_summary else frozenset({"started_at"}),
        agent_is_guess=not payload["agentName"],
    )


def _of_recording(payload: Mapping[str, Any]) -> dict[str, Any]:
    header = payload["header"]
    summary = header.get("session_summary") or {}
    report = {**summary, "chat_history": payload.get("chatHistory")}
    started = header.get("start_time")
    if started and not summary:
        report["audio_recording_started_at"] = started
    if header.get("room_id"):
        report.setdefault("room_id", header["room_id"])
    report.setdefault("job_id", header.get("job_id") or None)
    # As the SDK's own recorder writes it.
    facts = {"channels": ["user", "agent"]} if payload.get("audio") else {}
    return _body(payload, report, facts)


def _of_logs(payload: Mapping[str, Any]) -> dict[str, Any]:
    report: dict[str, Any] = {}
    items: list[dict[str, Any]] = []
    facts: dict[str, Any] = {}
    evaluations: list[Any] = []
    for record in payload["records"]:
        attributes, said = record["attributes"], record["body"]
        report.setdefault("job_id", attributes.get("job_id"))
        report.setdefault("room_id", attributes.get("room_id"))
        report.setdefault("room", attributes.get("room"))
        if said == SESSION_REPORT:
            report |= _session_report(attributes, record["time"])
        elif said == CHAT_ITEM:
            items.extend(_items(attributes.get("chat.item")))
        elif said == "outcome" and isinstance(attributes.get("outcome"), dict):
            facts["outcome"] = attributes["outcome"]
        elif said == "evaluation" and isinstance(attributes.get("evaluation"), dict):
            evaluations.append(attributes["evaluation"])
    if evaluations:
        facts["evaluations"] = evaluations
    if items:
        report["chat_history"] = {"items": items}
    return _body(payload, report, facts)


def _of_traces(payload: Mapping[str, Any]) -> dict[str, Any]:
    report: dict[str, Any] = {}
    facts: dict[str, Any] = {}
    for span in payload["spans"]:
        attributes = span["attributes"]
        report.setdefault("job_id", attributes.get("job_id"))
        report.setdefault("room_id", attributes.get("room_id"))
        if span["name"] == SESSION_CLOSE:
            # The SDK uploads only the first session of a job.
            report.setdefault("close_reason", _text(attributes.get("lk.close_reason")))
        else:
            facts["shutdownReason"] = _text(attributes.get("lk.shutdown.reason"))
    return _body(payload, report, facts)


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _session_report(attributes: Mapping[str, Any], time: int) -> dict[str, Any]:
    return {
        "started_at": time / NANOSECONDS if time else None,
        "timestamp": attributes.get("session.report_timestamp"),
        "agent_name": attributes.get("agent_name"),
        "sdk_version": attributes.get("sdk_version"),
        "usage": attributes.get("usage"),
        "tags": attributes.get("session.tags"),
    }


def _items(sent: Any) -> Iterable[dict[str, Any]]:
    """Yield the item of a record in the shape that the chat history has."""
    if not isinstance(sent, dict):
        return
    for kind, values in sent.items():
        if isinstance(values, dict):
            yield {"type": kind, **{key: _plain(key, values[key]) for key in values}}


def _plain(key: str, value: Any) -> Any:
    if key == "role" and isinstance(value, str):
        return value.lower()
    if key == "content" and isinstance(value, list):
        return [
            part["text"] if isinstance(part, dict) and "text" in part else part
            for part in value
        ]
    return value


def _body(
    payload: Mapping[str, Any], report: dict[str, Any], facts: dict[str, Any]
) -> dict[str, Any]:
    job, room = str(report.get("job_id") or ""), str(report.get("room_id") or "")
    header = payload.get("header") or {}
    if header.get("simulated") or (job + " " + room).startswith(TEST_PREFIXES):
        facts["zeltoTest"] = True
    if room.startswith(TEST_PREFIXES):
        facts["zeltoTest"] = True
    if header.get("redaction_enabled"):
        facts["redactionEnabled"] = True
    if payload.get("apiKey"):
        facts["livekitApiKey"] = payload["apiKey"]
    return {
        "call": {"externalId": payload["callId"]},
        "agent": {"externalId": agent_of(payload, report)},
        "sessionReport": report,
        "metadata": facts,
    }


def agent_of(payload: Mapping[str, Any], report: Mapping[str, Any]) -> str:
    """Return the agent's id: the name it is dispatched by, else the one in the address,
    else that of the first agent that spoke.
    """
    named = payload.get("agentName") or payload.get("agentSlug")
    if named:
        return str(named)
    history = report.get("chat_history")
    items = history.get("items") if isinstance(history, dict) else None
    for item in items if isinstance(items, list) else ():
        if isinstance(item, dict) and item.get("type") == "agent_handoff":
            return str(item.get("new_agent_id") or NAMELESS_AGENT)
    return NAMELESS_AGENT
