"""LiveKit's session report: what it says of a call beside its chat history."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from conversations.call_duration import MAX_CALL_SECONDS
from conversations.turn_values import (
    RECORDING_STARTED_AT,
    is_number,
    is_numeric,
    number_of,
    unix_time,
)
from integrations.providers.faults import Faults, shown
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
    "audio_recording_started_at": RECORDING_STARTED_AT,
}

# A time that was never set is zero in a protocol buffer.
NOT_SET = (0, "0")

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
    recorded = fields.get(RECORDING_STARTED_AT)
    if recorded in NOT_SET or unix_time(recorded) is None:
        fields.pop(RECORDING_STARTED_AT, None)
    return fields


def call_fields(
    report: dict[str, Any], prefix: str, warnings: Faults
) -> dict[str, Any]:
    """Return duration, ended reason, start and end, as far as the report has them."""

    def known(key: str, read: Callable[[Any], float | None]) -> float | None:
        value = report.get(key)
        if value is None or value == "":
            return None
        if (seconds := read(value)) is None:
            detail = f"cannot be read; got {shown(value)}; dropped"
            warnings.add(f"{prefix}{key}", detail)
        return seconds

    def time(key: str) -> float | None:
        return None if report.get(key) in NOT_SET else known(key, unix_time)

    duration = known("duration_ms", _seconds)
    ended, started = time("timestamp"), time("started_at")
    recorded = time("audio_recording_started_at")
    if started is None and ended is not None and duration is not None:
        started = ended - duration if duration <= ended else None
    fields = {
        "durationSeconds": duration,
        "endedReason": _ended_reason(report, prefix, warnings),
        "startedAt": recorded if started is None else started,
        "endedAt": ended,
    }
    return {key: value for key, value in fields.items() if value is not None}


def _seconds(milliseconds: Any) -> float | None:
    """Return the seconds of a duration in milliseconds; None where it is none."""
    if not is_number(milliseconds) and not is_numeric(milliseconds):
        return None
    number = number_of(milliseconds)
    if number is None or not 0 <= number / 1000 <= MAX_CALL_SECONDS:
        return None
    return number / 1000


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
