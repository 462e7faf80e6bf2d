"""How long ago and how often, in words of a sentence."""

from __future__ import annotations

from datetime import timedelta

from django.template import Library

register = Library()

# The unit, its length in seconds, and from how many seconds on it is used.
_UNITS = (
    ("day", 86_400, 36 * 3_600),
    ("hour", 3_600, 90 * 60),
    ("minute", 60, 90),
    ("second", 1, 0),
)


@register.filter
def in_words(length: timedelta) -> str:
    """Return `45 seconds`, `12 minutes`, `3 hours`, `2 days`."""
    count, unit = _count(length)
    return f"{count} {unit}{'' if count == 1 else 's'}"


@register.filter
def every(gap: timedelta) -> str:
    """Return `every 12 minutes`, `every hour`."""
    count, unit = _count(gap)
    return f"every {unit}" if count == 1 else f"every {count} {unit}s"


def _count(length: timedelta) -> tuple[int, str]:
    seconds = length.total_seconds()
    for unit, size, since in _UNITS:
        if seconds >= since:
            return max(1, round(seconds / size)), unit
    return 1, "second"
