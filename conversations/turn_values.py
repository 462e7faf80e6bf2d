"""Single values of a turn and its call, in the several ways senders write them."""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, datetime
from typing import Any, TypeGuard

from web.json_bounds import Bounds, check_bounds

# In the metadata of a call: when its recording began.
RECORDING_STARTED_AT = "recordingStartedAt"
NUMERIC = re.compile(r"\s*[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?\s*", flags=re.ASCII)
MAX_NUMBER_CHARACTERS = 64  # characters
# Unix seconds: 1970-01-01 up to, not including, 2101-01-01.
LAST_SECOND = 4_133_980_800
# A Unix time above the first number counts nanoseconds, microseconds or milliseconds, of
# which a second has as many as the other says. Times before 1973 are told in seconds.
MILLISECONDS_FROM = 1e11
UNITS = ((1e17, 1e9), (1e14, 1e6), (MILLISECONDS_FROM, 1e3))
NO_TIME = "must be a time: ISO 8601 or Unix seconds"
OUT_OF_RANGE = "must lie in the years 1970 to 2100"
# Laid out, each value of a text has a line, each level an indent. More is shown as sent.
MAX_LAID_OUT = Bounds(containers=5_000, values=10_000, depth=32)
# A number of seconds above this is no latency.
MAX_LATENCY_SECONDS = 3_600.0


def number_of(value: object) -> float | None:
    """Return a finite number, also of a text; None where it is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def is_number(value: object) -> TypeGuard[int | float]:
    """Return whether a value is a number of JSON; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_numeric(value: object) -> TypeGuard[str]:
    """Return whether a value is a text of reasonable length that holds a number."""
    return (
        isinstance(value, str)
        and len(value) <= MAX_NUMBER_CHARACTERS
        and NUMERIC.fullmatch(value) is not None
    )


def moment_of(value: object) -> datetime:
    """Return an aware datetime of a time as senders write it: ISO 8601, which is UTC
    where no zone is named, or Unix time in seconds, milliseconds, microseconds or
    nanoseconds, which its size tells, as a number or as its digits.

    Raises:
        ValueError: it is none, or not of the years 1970 to 2100. Its text completes
            "`path` ...".
    """
    return datetime.fromtimestamp(_seconds_of(value), UTC)


def unix_time(value: object) -> float | None:
    """Return Unix seconds of a time as senders write it; None where it is none."""
    try:
        return _seconds_of(value)
    except ValueError:
        return None


def _seconds_of(value: object) -> float:
    if isinstance(value, str):
        # Eight digits are a date; every other bare number is Unix time.
        if value[4:5] == "-" or len(value) == 8 or not is_numeric(value):
            seconds = _seconds_of_iso(value)
        else:
            seconds = _in_seconds(float(value))
    elif is_number(value):
        seconds = _in_seconds(value)
    else:
        raise ValueError(NO_TIME)
    if not 0 <= seconds < LAST_SECOND:
        raise ValueError(OUT_OF_RANGE)
    return seconds


def _seconds_of_iso(text: str) -> float:
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        try:
            read = datetime.fromisoformat(text.strip().upper())
        except ValueError:
            raise ValueError(NO_TIME) from None
    if read.tzinfo is None:
        read = read.replace(tzinfo=UTC)
    return read.timestamp()


def _in_seconds(number: float) -> float:
    for above, parts in UNITS if number > MILLISECONDS_FROM else ():
        if number > above:
            # Compared before it is divided: JSON has numbers that no float holds.
            return number / parts if number < LAST_SECOND * parts else LAST_SECOND
    return number


def metric_of(turn: dict[str, Any], name: str) -> float | None:
    """Return the seconds that something took; None where they make no sense."""
    metrics = turn.get("metrics")
    if not isinstance(metrics, dict):
        return None
    seconds = number_of(metrics.get(name, metrics.get(_in_camel_case(name))))
    if seconds is None or not 0 < seconds <= MAX_LATENCY_SECONDS:
        return None
    return seconds


def _in_camel_case(name: str) -> str:
    """Return a name as LiveKit's Node SDK spells it: `e2eLatency`."""
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))


def as_text(value: object) -> str:
    """Return a text as it is, nothing as an empty one, all else as JSON."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


def pretty(value: object) -> str:
    """Return JSON laid out to be read; a text that holds JSON too, any other text as
    is."""
    if isinstance(value, str):
        text = value.strip()
        if text[:1] not in ("{", "["):
            return value
        try:
            check_bounds(text.encode("utf-8", "surrogatepass"), MAX_LAID_OUT)
            value = json.loads(text)
        except ValueError:  # no JSON, or too much of it
            return text
    if value is None:
        return ""
    try:
        return json.dumps(value, ensure_ascii=False, indent=2)
    except (TypeError, ValueError, RecursionError):
        return str(value)
