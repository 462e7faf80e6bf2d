"""Names, moments, lengths of time and counts as sentences have them: pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo

from web.storable_text import replace_unprintable

MAX_NAME_CHARACTERS = 60


def named(text: object, otherwise: str = "") -> str:
    """Return a name that somebody outside chose, on one line and not too long."""
    line = " ".join(replace_unprintable(str(text or "")).split())
    if len(line) > MAX_NAME_CHARACTERS:
        line = f"{line[: MAX_NAME_CHARACTERS - 1]}…"
    return line or otherwise


def at(moment: datetime, now: datetime, zone: tzinfo) -> str:
    """Return `14:02` of the same day, `Fri 14:02` of these days, else `27 Nov 14:02`."""
    local, today = moment.astimezone(zone), now.astimezone(zone).date()
    if local.date() == today:
        return f"{local:%H:%M}"
    if abs(today - local.date()) < timedelta(days=6):
        return f"{local:%a %H:%M}"
    if local.year == today.year:
        return f"{local.day} {local:%b %H:%M}"
    return f"{local.day} {local:%b %Y %H:%M}"


def lasting(seconds: float) -> str:
    """Return how long something takes: `40 s`, `6 min`, `1 h 8 min`, `5 h`, `3 days`."""
    if seconds < 90:
        return f"{max(round(seconds), 1)} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    if hours < 6 and rest:
        return f"{hours} h {rest} min"
    hours = round(minutes / 60)
    if hours < 48:
        return f"{hours} h"
    return f"{round(hours / 24)} days"


def counted(count: float, noun: str, plural: str = "") -> str:
    """Return `1 session`, `1,204 sessions`."""
    number = round(count)
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"


def times(count: int) -> str:
    """Return `once`, `twice`, `38 times`."""
    return {1: "once", 2: "twice"}.get(count, f"{count:,} times")


def joined(parts: Sequence[str], last: str = "and") -> str:
    """Return `a`, `a and b`, `a, b and c`."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {last} {parts[-1]}"


def gibibytes(size: float) -> str:
    """Return `1.4 GiB` of a number of bytes."""
    return f"{size / 1024**3:,.1f} GiB"
