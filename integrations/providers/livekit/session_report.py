"""LiveKit's session report: what it says of a call beside its chat history."""

from __future__ import annotations

from typing import Any

from conversations.call_duration import MAX_CALL_SECONDS
from integrations.providers.faults import Faults, shown
from integrations.providers.scalars import (
    LAST_SECOND,
    MILLISECONDS_FROM,
    is_number,
)
from web.storable_text import replace_unstorable

REPORT = "sessionReport"

# Of both SDKs; what is not read here is dropped without a word.
KEYS = {
    *("job_id", "room_id", "room", "agent_name", "chat_history", "events", "options"),
    *("timestamp", "started_at", "duration_ms", "close_reason", "user_turns"),
    *("usage", "errors", "tags", "sdk_version"),
    *("audio_recording_path", "audio_recording_started_at", "recording_options"),
    *("enable_recording", "enable_user_data_training"),
}

METADATA_NAMES = {
    "job_id": "jobId",
    "room": "room",
    "room_id": "roomSid",
    "sdk_version": "sdkVersion",
    "usage": "usage",
    "errors": "errors",
    "tags": "tags",
    "user_turns": "userTurns",
    "close_reason": "closeReason",
    # What turns are placed by in a recording.
    "audio_recording_started_at": "recordingStartedAt",
}

CLOSE_REASON_PREFIX = "CR_"
# Where the report's spelling is not the one of the SDK's close event.
CLOSE_REASONS = {"completed": "task_completed"}


def metadata_fields(report: dict[str, Any]) -> dict[str, Any]:
    """Return what of a report goes into the call's metadata."""
    fields = {
        name: report[key]
        for key, name in METADATA_NAMES.items()
        if report.get(key) is not None
    }
    if isinstance(fields.get("jobId"), str):
        # Left as it is where it is a call's id, which is then refused.
        fields["jobId"] = replace_unstorable(fields["jobId"])
    return fields


def call_fields(
    report: dict[str, Any], prefix: str, warnings: Faults
) -> dict[str, Any]:
    """Return duration, ended reason, start and end, as far as the report has them."""

    def number(key: str, at_most: float) -> float | None:
        value = report.get(key)
        if value is None or value == "":
            return None
        if is_number(value) and 0 <= value <= at_most:
            return float(value)
        warnings.add(f"{prefix}{key}", f"cannot be read; got {shown(value)}; dropped")
        return None

    def seconds(key: str) -> float | None:
        value = number(key, at_most=LAST_SECOND * 1000)
        # The Node SDK writes milliseconds.
        return value / 1000 if value and value > MILLISECONDS_FROM else value

    milliseconds = number("duration_ms", at_most=MAX_CALL_SECONDS * 1000)
    duration = None if milliseconds is None else milliseconds / 1000
    ended = seconds("timestamp")
    started = seconds("started_at")
    recorded = seconds("audio_recording_started_at")
    if started is None and ended is not None and duration is not None:
        started = ended - duration if duration <= ended else None
    fields = {
        "durationSeconds": duration,
        "endedReason": _ended_reason(report, prefix, warnings),
        "startedAt": recorded if started is None else started,
        "endedAt": ended,
    }
    return {key: value for key, value in fields.items() if value is not None}


def _ended_reason(report: dict[str, Any], prefix: str, warnings: Faults) -> str | None:
    reason = report.get("close_reason")
    if reason is None:
        return None
    if not isinstance(reason, str):
        path = f"{prefix}close_reason"
        warnings.add(path, f"must be text; got {shown(reason)}; it was dropped")
        return None
    if not reason.startswith(CLOSE_REASON_PREFIX):
        return reason
    plain = reason.removeprefix(CLOSE_REASON_PREFIX).lower()
    return CLOSE_REASONS.get(plain, plain)
