"""Single values of a turn, in the several ways senders write them."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from typing import Any

from web.json_bounds import Bounds, check_bounds

# Unix times above this are milliseconds.
MILLISECONDS_FROM = 1e11
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


def unix_time(value: object) -> float | None:
    """Return Unix seconds of a time as senders write it: ISO 8601, seconds,
    milliseconds. None where it is none."""
    # Most are ISO 8601, and failing to read those as a number takes longest of all.
    is_clock_time = isinstance(value, str) and ":" in value
    number = None if is_clock_time else number_of(value)
    if number is not None:
        return number / 1000 if abs(number) > MILLISECONDS_FROM else number
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        return moment.timestamp()
    except OverflowError:
        return None


def metric_of(turn: dict[str, Any], name: str) -> float | None:
    """Return the seconds that something took; None where they make no sense."""
    metrics = turn.get("metrics")
    if not isinstance(metrics, dict):
        return None
    seconds = number_of(metrics.get(name))
    if seconds is None or not 0 < seconds <= MAX_LATENCY_SECONDS:
        return None
    return seconds


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
