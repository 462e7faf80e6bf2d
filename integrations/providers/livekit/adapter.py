"""LiveKit: the canonical body, or what the SDK itself writes.

Three shapes beside the canonical one: `transcript.items` (a chat context), a
`sessionReport` beside `call` and `agent`, and a report as the whole body. What is
canonical wins over them, and nothing inside them refuses the body.
"""

from __future__ import annotations

from typing import Any

from conversations.projection.fold import size_as_json
from conversations.turn_values import is_number
from integrations.providers.adapted import Adapted
from integrations.providers.canonical.read import MAX_METADATA_BYTES
from integrations.providers.faults import Faults, shown
from integrations.providers.livekit import chat_items
from integrations.providers.livekit.session_report import (
    KEYS,
    REPORT,
    call_fields,
    metadata_fields,
)

NO_AGENT = (
    "is required, and the report's agent_name is empty: "
    'add "agent": {"externalId": "your-agent"} beside its keys'
)
NO_JOB = (
    "is required, and the report has no job_id: "
    "send the report as sessionReport, beside call and agent"
)


def adapt(payload: dict[str, Any], warnings: Faults) -> Adapted:
    if payload.get("call") is None and payload.get("chat_history") is not None:
        return _bare(payload, warnings)
    body = dict(payload)
    report = body.pop(REPORT, None)
    if not isinstance(report, dict):
        if not is_absent(report):
            warnings.add(REPORT, f"{_must_be_object(report)}; it was dropped")
        report = {}
    _fill(body, report, f"{REPORT}.", warnings)
    return Adapted(body)


def _bare(payload: dict[str, Any], warnings: Faults) -> Adapted:
    report = {key: value for key, value in payload.items() if key in KEYS}
    body = {key: value for key, value in payload.items() if key not in KEYS}
    hints: dict[str, str] = {}
    body["call"] = {"externalId": report.get("job_id")}
    if is_absent(report.get("job_id")):
        hints["call.externalId"] = NO_JOB
    agent = {} if body.get("agent") is None else body["agent"]
    is_named = body.get("agentId") is not None or not isinstance(agent, dict)
    if not is_named and agent.get("externalId") is None:
        name = report.get("agent_name")
        if name and (isinstance(name, str) or is_number(name)):
            body["agent"] = {**agent, "externalId": name}
        else:
            hints["agent"] = NO_AGENT
    _fill(body, report, "", warnings)
    return Adapted(body, hints)


def _fill(
    body: dict[str, Any], report: dict[str, Any], prefix: str, warnings: Faults
) -> None:
    """Add to the canonical body what only the SDK's shapes say."""
    _fill_transcript(body, report, prefix, warnings)
    if not report:
        return
    call = body.get("call")
    if isinstance(call, dict):
        absent = {key for key in call if is_absent(call[key])}
        filled = call_fields(report, prefix, warnings)
        body["call"] = filled | {
            key: value for key, value in call.items() if key not in absent
        }
    _fill_metadata(body, metadata_fields(report), prefix, warnings)


def _fill_transcript(
    body: dict[str, Any], report: dict[str, Any], prefix: str, warnings: Faults
) -> None:
    transcript = body.get("transcript")
    if is_absent(transcript):
        transcript = {}
    if not isinstance(transcript, dict):
        return  # a hard fault, told by the canonical reading
    transcript = dict(transcript)
    sources = [
        ("transcript.items", transcript.pop("items", None)),
        (f"{prefix}chat_history.items", _history(report, prefix, warnings)),
    ]
    for path, items in sources:
        if items is None:
            continue
        if not isinstance(items, list):
            warnings.add(path, f"must be a list; got {shown(items)}; it was dropped")
            continue
        if transcript.get("turns") is None:
            transcript["turns"] = chat_items.turns(items, path, warnings)
        if is_absent(body.get("systemPrompt")):
            body["systemPrompt"] = chat_items.instructions(items)
    if transcript or body.get("transcript"):
        body["transcript"] = transcript


def _history(report: dict[str, Any], prefix: str, warnings: Faults) -> Any:
    history = report.get("chat_history")
    if isinstance(history, dict):
        return history.get("items")
    if history is not None:
        path = f"{prefix}chat_history"
        warnings.add(path, f"{_must_be_object(history)}; it was dropped")
    return None


def _fill_metadata(
    body: dict[str, Any], filled: dict[str, Any], prefix: str, warnings: Faults
) -> None:
    """Add the report's facts below the sender's own, which never give way to them."""
    sent = body.get("metadata")
    if is_absent(sent):
        sent = {}
    if not isinstance(sent, dict):
        warnings.add("metadata", f"{_must_be_object(sent)}; it was dropped")
        sent = {}
    own = {
        key: value
        for key, value in sent.items()
        if value is not None or key not in filled
    }
    merged = filled | own
    if size_as_json(merged) > MAX_METADATA_BYTES >= size_as_json(sent):
        path = prefix.rstrip(".") or "metadata"
        warnings.add(
            path,
            f"its facts would take metadata over {MAX_METADATA_BYTES:,} bytes; "
            "they were dropped",
        )
        merged = sent
    body["metadata"] = merged


def is_absent(value: Any) -> bool:
    return value is None or value == ""


def _must_be_object(value: Any) -> str:
    return f"must be an object; got {shown(value)}"
