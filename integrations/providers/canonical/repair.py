"""Bodies that do not fit: what can be read another way, cut or dropped, and what
cannot be taken at all.

Works on the faults that the strict model reports, so that a body that fits pays
nothing for it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from conversations.turn_values import is_number, is_numeric, unix_time
from integrations.providers.canonical.schema import CallBody
from integrations.providers.content_parts import lost_parts, words_of
from integrations.providers.faults import (
    Fault,
    FaultKind,
    Faults,
    path_text,
    shown,
)
from integrations.providers.unstorable_text import Path

# A number as text may then be too long; what still does not fit is dropped.
ROUNDS = 4

SENTENCES = {
    "missing": "is required",
    "string_type": "must be text",
    "string_too_short": "must not be empty",
    "string_too_long": "must be at most {max_length:,} characters long",
    "string_pattern_mismatch": "must not contain control characters",
    "string_unicode": "must not contain half a surrogate pair",
    "literal_error": "must be one of user, assistant, system, tool",
    "model_type": "must be an object",
    "dict_type": "must be an object",
    "list_type": "must be a list",
    "too_long": "must have at most {max_length:,} turns, not {actual_length:,}",
    "float_type": "must be a number",
    "finite_number": "must be a finite number",
    "greater_than_equal": "must not be negative",
    "less_than_equal": "must be at most {le:,.0f} seconds, a year",
    "bool_type": "must be true or false",
    "misfit": "{sentence}",
}
# Where the value does not help, or the sentence has it already.
WITHOUT_VALUE = {
    "missing",
    "string_too_short",
    "string_too_long",
    "string_pattern_mismatch",
    "string_unicode",
    "too_long",
    "misfit",
}

UNREADABLE = object()
# Of a turn: its offsets into the recording, and the times that say the same.
TIMES: dict[str | int, str] = {"startSeconds": "startedAt", "endSeconds": "endedAt"}
# The year 2000, Unix seconds.
FIRST_CALL = 946_684_800


def repaired(
    payload: dict[str, Any], errors: list[Fault], warnings: Faults
) -> tuple[CallBody, dict[str, Any]] | None:
    """Return the body with a payload that fits it; None where `errors` says why not.

    The payload itself stays as it is. Each round mends all faults it can; the hard
    ones of the last round are all there are.
    """
    payload = _thawed(payload)
    hard: list[ErrorDetails] = []
    for _ in range(ROUNDS):
        try:
            return CallBody.model_validate(payload), payload
        except ValidationError as refusal:
            faults = refusal.errors(include_url=False)
        is_hard = _hardness(payload, faults)
        hard = [
            fault
            for fault in faults
            if not _mend(payload, fault, warnings, is_hard=is_hard(fault["loc"]))
        ]
        if len(hard) == len(faults):
            break
    errors.extend(Fault(path_text(fault["loc"]), sentence(fault)) for fault in hard)
    return None


def sentence(fault: ErrorDetails) -> str:
    """Return what completes "`path` ...", with what came instead where that helps."""
    kind, value = fault["type"], fault["input"]
    if value is None:
        kind = "missing"
    template = SENTENCES.get(kind)
    text = template.format(**fault.get("ctx", {})) if template else fault["msg"]
    return text if kind in WITHOUT_VALUE else f"{text}; got {shown(value)}"


def _thawed(payload: dict[str, Any]) -> dict[str, Any]:
    """Return a copy that may be changed wherever the model looks."""
    payload = dict(payload)
    for name in ("call", "agent", "transcript"):
        if isinstance(payload.get(name), dict):
            payload[name] = dict(payload[name])
    call, transcript = payload.get("call"), payload.get("transcript")
    if isinstance(call, dict) and isinstance(call.get("customer"), dict):
        call["customer"] = dict(call["customer"])
    if isinstance(transcript, dict) and isinstance(transcript.get("turns"), list):
        transcript["turns"] = [
            dict(turn) if isinstance(turn, dict) else turn
            for turn in transcript["turns"]
        ]
    return payload


def _hardness(
    payload: dict[str, Any], faults: list[ErrorDetails]
) -> Callable[[Path], bool]:
    """Return which faults refuse the body; with a good `agentId` none below `agent`
    does."""
    agent_is_hard = payload.get("agentId") is None or any(
        fault["loc"] == ("agentId",) for fault in faults
    )

    def is_hard(path: Path) -> bool:
        match path:
            case ("agent",) | ("agent", "externalId"):
                return agent_is_hard
            case ("call",) | ("call", "externalId") | ("agentId",):
                return True
            case ("transcript",) | ("transcript", "turns"):
                return True
            case ("transcript", "turns", int()):
                return True
            case ("transcript", "turns", int(), "role"):
                return True
        return False

    return is_hard


def _mend(
    payload: dict[str, Any], fault: ErrorDetails, warnings: Faults, *, is_hard: bool
) -> bool:
    """Read the value another way, cut or drop it; False where it is hard."""
    *way, last = fault["loc"]
    container: Any = payload
    for step in way:
        container = container[step]
    read = _read_otherwise(fault)
    if read is not UNREADABLE:
        container[last] = read
        return True
    if is_hard:
        return False
    if fault["input"] == "":  # a soft field that is empty is absent
        del container[last]
        return True
    path = path_text(fault["loc"])
    if fault["type"] == "string_too_long" and last != "externalId":
        container[last] = fault["input"][: fault["ctx"]["max_length"]]
        warnings.add(path, f"{sentence(fault)}; the rest was cut", FaultKind.CUT)
    elif _has_parts(last, fault["input"]):
        container[last] = _joined(fault["input"], path, warnings)
    elif _is_time_of(container, last):
        container[TIMES[last]] = container.pop(last)
        detail = f"is a time, not an offset; it was read as {TIMES[last]}"
        warnings.add(path, detail, FaultKind.ALTERED)
    else:
        del container[last]
        warnings.add(path, f"{sentence(fault)}; it was dropped")
    return True


def _read_otherwise(fault: ErrorDetails) -> Any:
    """Return the same value as another type, where nothing is lost."""
    kind, value = fault["type"], fault["input"]
    if kind == "string_type" and is_number(value):
        return str(value)
    if kind == "float_type" and is_numeric(value):
        return float(value)
    return UNREADABLE


def _is_time_of(turn: Any, name: str | int) -> bool:
    """Return whether an offset into the recording is the time of day instead, and the
    turn has no other."""
    if name not in TIMES or turn.get(TIMES[name]) not in (None, ""):
        return False
    time = unix_time(turn[name])
    return time is not None and time >= FIRST_CALL


def _has_parts(name: str | int, value: Any) -> bool:
    """Return whether a field that should be text may be written in parts, and is."""
    if not isinstance(value, list | dict):
        return False
    return name == "content" or (name == "systemPrompt" and words_of(value)[0] != "")


def _joined(parts: Any, path: str, warnings: Faults) -> str:
    words, lost = words_of(parts)
    if lost:
        warnings.add(path, lost_parts(lost))
    return words
