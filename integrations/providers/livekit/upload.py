"""What LiveKit's SDKs upload by themselves when a session ends, as calls. Pure.

A session comes as one recording (header, chat history, audio), as log records that say
most of it again, and as spans, of which two say why it ended; in any order, and each may
be missing. `docs/help/livekit-upload.md` has what each version sends.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from conversations.projection.update import CallUpdate
from conversations.turn_values import is_number
from integrations import providers
from integrations.providers.livekit.otlp import LogRecord
from web.storable_text import replace_unstorable

KIND = "livekitUpload"  # the key that tells what a body of the log is
RECORDING, LOGS, TRACES = "recording", "logs", "traces"
CHAT_SCOPE, VERDICT_SCOPE = "chat_history", "evaluations"
SESSION_REPORT, CHAT_ITEM = "session report", "chat item"
SESSION_CLOSE, JOB_SHUTDOWN = "session_close", "job_shutdown"  # spans, 1.8.2 and later
NAMELESS_AGENT = "livekit-agent"
ERROR_SEVERITY = 17
# Facts of an upload in the metadata of its call.
REDACTION_ENABLED, REDACTION_KEPT = "redactionEnabled", "redactionKept"
UPLOAD_ERROR = "uploadError"
# Of a job that no server dispatched: a console, a simulation.
TEST_PREFIXES = ("mock-job-", "SRM_")
MAX_ID_CHARACTERS = 100
NANOSECONDS = 1_000_000_000
# The years 2000 and 2200, in seconds.
EARLIEST, LATEST = 946_684_800, 7_258_118_400
# As aiohttp writes an answer that is an error.
_ANSWER = re.compile(r"ClientResponseError: (\d{3}), message='([^']{0,200})'")


class NotAnUpload(Exception):
    """What was stored does not read as a call; says why."""


def _time(seconds: float | None) -> float | None:
    """Return a time, or None for one that a worker never meant: it was not set, or its
    clock was not.
    """
    is_meant = seconds is not None and EARLIEST <= seconds < LATEST
    return seconds if is_meant else None


def is_of_a_session(record: LogRecord) -> bool:
    """Tell whether a record says something of a session, and is no line of a log."""
    return record.scope in (CHAT_SCOPE, VERDICT_SCOPE)


def may_be_of_a_session(data: bytes) -> bool:
    """Tell whether a post of logs may say something of a session, without reading it."""
    return CHAT_SCOPE.encode() in data or VERDICT_SCOPE.encode() in data


def is_upload_error(severity: int, said: Any) -> bool:
    """Tell whether the SDK logged that it could not upload a session."""
    return (
        severity >= ERROR_SEVERITY
        and isinstance(said, str)
        and said.lower().startswith("failed to upload")
    )


def upload_error(attributes: Mapping[str, Any]) -> str:
    """Return why an upload failed, as the SDK's own log has it: `401 Unauthorized`."""
    trace = attributes.get("exception.stacktrace")
    found = _ANSWER.search(trace if isinstance(trace, str) else "")
    if found:
        return f"{found[1]} {found[2]}".strip()
    return str(attributes.get("exception.type") or "no reason")


def read_upload(payload: Mapping[str, Any]) -> CallUpdate:
    """Return what an upload that the log holds says of its call.

    payload: as `integrations.livekit_upload` stores it.

    Raises:
        NotAnUpload: it does not read as a call.
    """
    kind = str(payload.get(KIND))
    readers = {RECORDING: _of_recording, TRACES: _of_traces}
    body = readers.get(str(kind), _of_logs)(payload)
    reading = providers.read("livekit", body)
    if reading.update is None:
        first = reading.errors[0]
        raise NotAnUpload(f"{first.path} {first.detail}")
    report = body["sessionReport"]
    guess = 0 if payload["agentName"] else _guess(payload, report)[0]
    update = replace(reading.update, agent_guess=guess)
    if kind == TRACES:
        return replace(update, fills_only=frozenset({"ended_reason"}))
    if kind != RECORDING:
        return replace(update, turns_are_parts=True)
    has_summary = bool(payload["header"].get("session_summary"))
    audio = payload.get("audio")
    return replace(
        update,
        received_audio=audio["file"] if audio else None,
        lost_audio=payload.get("audioLost") or None,
        fills_only=frozenset() if has_summary else frozenset({"started_at"}),
    )


def item_ids_in(history: Any) -> list[str]:
    """Return the ids of the items of a chat history, in their order."""
    items = history.get("items") if isinstance(history, dict) else None
    return _ids_of(items if isinstance(items, list) else ())


def item_ids_of(records: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the ids of chat items that log records hold, by their attributes."""
    return _ids_of(item for one in records for item in _items(one.get("chat.item")))


def _ids_of(items: Iterable[Any]) -> list[str]:
    ids = (item.get("id") for item in items if isinstance(item, dict))
    return [
        replace_unstorable(one[:MAX_ID_CHARACTERS])
        for one in ids
        if isinstance(one, str) and one
    ]


def audio_file_in(body: bytes) -> str:
    """Return the name of the file with the audio of a stored session; empty for none."""
    try:
        audio = json.loads(body).get("audio")
    except (ValueError, AttributeError, RecursionError):
        return ""
    name = audio.get("file") if isinstance(audio, dict) else None
    return name if isinstance(name, str) else ""


def _of_recording(payload: Mapping[str, Any]) -> dict[str, Any]:
    header = payload["header"]
    summary = header.get("session_summary") or {}
    report = {**summary, "chat_history": payload.get("chatHistory")}
    started = _time(header.get("start_time"))
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
        _name_session(report, attributes)
        if said == SESSION_REPORT:
            report |= _session_report(attributes, record["time"])
        elif said == CHAT_ITEM:
            items.extend(_items(attributes.get("chat.item")))
        elif said == "outcome" and isinstance(attributes.get("outcome"), dict):
            facts["outcome"] = attributes["outcome"]
        elif is_upload_error(record["severity"], said):
            facts[UPLOAD_ERROR] = upload_error(attributes)
        elif said == "evaluation" and isinstance(attributes.get("evaluation"), dict):
            evaluations.append(attributes["evaluation"])
    if evaluations:
        facts["evaluations"] = evaluations
    if items:
        report["chat_history"] = {"items": items}
    return _body(payload, report, facts)


def _name_session(report: dict[str, Any], attributes: Mapping[str, Any]) -> None:
    for key in ("job_id", "room_id", "room"):
        # Lines of the log have no room, and may come first.
        if isinstance(attributes.get(key), str):
            report.setdefault(key, attributes[key])


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
        "started_at": _time(time / NANOSECONDS) if is_number(time) else None,
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
    if header.get("redaction_enabled") or payload.get("redactionKept"):
        facts[REDACTION_ENABLED] = True
    if payload.get("redactionKept"):
        facts[REDACTION_KEPT] = payload["redactionKept"]
    if payload.get("apiKey"):
        facts["livekitApiKey"] = payload["apiKey"]
    return {
        "call": {"externalId": payload["callId"]},
        "agent": {"externalId": agent_of(payload, report)},
        "sessionReport": report,
        "metadata": facts,
    }


def agent_of(payload: Mapping[str, Any], report: Mapping[str, Any]) -> str:
    """Return the agent's id: the name it is dispatched by, else a guess."""
    return str(payload.get("agentName") or _guess(payload, report)[1])


def _guess(payload: Mapping[str, Any], report: Mapping[str, Any]) -> tuple[int, str]:
    """Return how good a guess of the agent is, 1 the best, and the guess: the one in the
    address, else the first that spoke, else one that took over, else nobody.
    """
    if payload.get("agentSlug"):
        return 1, str(payload["agentSlug"])
    history = report.get("chat_history")
    items = history.get("items") if isinstance(history, dict) else None
    for item in items if isinstance(items, list) else ():
        if isinstance(item, dict) and item.get("type") == "agent_handoff":
            rank = 3 if item.get("old_agent_id") else 2
            return rank, str(item.get("new_agent_id") or NAMELESS_AGENT)
    return 4, NAMELESS_AGENT
