"""Values of LiveKit's events, as protobuf's JSON has them. Pure.

Its rules (https://protobuf.dev/programming-guides/json/): what has its default is left
out, 64-bit numbers are texts, members of an enum are names. Readers take the other forms
too: numbers as numbers, members as numbers, names of fields as in the `.proto` file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from web.storable_text import replace_unstorable

Message = Mapping[str, Any]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DIGITS = re.compile(r"-?[0-9]{1,19}")
_CAPITAL = re.compile(r"[A-Z]")
# Seconds until the year 5138; whatever is more is a finer unit.
_MAX_SECONDS = 100_000_000_000
_UNITS = (1, 10**3, 10**6, 10**9)
_snake: dict[str, str] = {}


def field(message: Message, name: str) -> Any:
    """Return a field by its name in JSON, else in the `.proto` file; None for neither."""
    value = message.get(name)
    return message.get(_snake_of(name)) if value is None else value


def _snake_of(name: str) -> str:
    found = _snake.get(name)
    if found is None:
        found = _snake[name] = _CAPITAL.sub(lambda one: f"_{one[0].lower()}", name)
    return found


def message(parent: Message, name: str) -> Message:
    """Return a message within another; an empty one where there is none."""
    value = field(parent, name)
    return value if isinstance(value, Mapping) else {}


def messages(parent: Message, name: str) -> list[Message]:
    """Return the messages of a repeated field."""
    value = field(parent, name)
    if not isinstance(value, Sequence) or isinstance(value, str):
        return []
    return [one for one in value if isinstance(one, Mapping)]


def text(parent: Message, name: str, limit: int = 255) -> str:
    """Return a text as the database can hold it, cut at `limit` characters."""
    value = field(parent, name)
    return replace_unstorable(value[:limit]) if isinstance(value, str) else ""


def number(parent: Message, name: str) -> int:
    """Return a whole number of at most 64 bits; 0 for none."""
    value = field(parent, name)
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return value if is_number and abs(value) < 2**63 else 0


def member(parent: Message, name: str, members: Sequence[str]) -> str:
    """Return the member of an enum, also where it is its number or left out; an unknown
    one as it is.

    members: by their numbers, from 0.
    """
    value = field(parent, name)
    if value is None:
        return members[0]
    if isinstance(value, int) and not isinstance(value, bool):
        return members[value] if 0 <= value < len(members) else str(value)[:32]
    return replace_unstorable(value[:32]) if isinstance(value, str) else members[0]


def moment(parent: Message, *names: str) -> datetime | None:
    """Return the first of these times that is told, whatever its unit: seconds,
    milliseconds and nanoseconds all occur, and no two of them overlap.
    """
    for name in names:
        value = number(parent, name)
        if value > 0:
            return _moment_of(value)
    return None


def _moment_of(value: int) -> datetime | None:
    unit = next((one for one in _UNITS if value // one < _MAX_SECONDS), 0)
    if not unit:
        return None
    microseconds = value * 10**6 // unit
    return _EPOCH + timedelta(microseconds=microseconds)


def seconds(parent: Message, name: str) -> float:
    """Return a duration that is told in nanoseconds, in seconds."""
    return max(number(parent, name), 0) / 10**9
