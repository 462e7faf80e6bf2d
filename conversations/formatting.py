"""Figures, lengths of time and days as people read them: pure, no templates."""

from __future__ import annotations

from datetime import date
from decimal import Decimal


def clock(seconds: float | None) -> str:
    """Return `3:12` or `1:02:09`; a dash where it is not known."""
    if seconds is None:
        return "—"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}:{minutes:02}:{rest:02}"
    return f"{minutes}:{rest:02}"


def seconds(value: float) -> str:
    """Return `5.812 s`: as exact as it was sent, to the millisecond."""
    return f"{value:.3f}".rstrip("0").rstrip(".") + " s"


def spell(seconds: float | None) -> str:
    """Return how long something took or lasted: `0.8 s`, `12 s`, `3 min`, `9 h`, `2 d`."""
    if seconds is None:
        return "—"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    if seconds < 7_200:
        return f"{seconds / 60:.0f} min"
    if seconds < 172_800:
        return f"{seconds / 3_600:.0f} h"
    return f"{seconds / 86_400:.0f} d"


def dollars(cost: Decimal | None) -> str:
    """Return at least cents, further digits only where there are any: `$0.0125`."""
    if cost is None:
        return "—"
    whole, _, fraction = f"{cost:,.6f}".partition(".")
    return f"${whole}.{fraction.rstrip('0'):0<2}"


def thousands(count: int) -> str:
    """Return a count with its thousands apart, as `10,000`."""
    return f"{count:,}"


def percent(share: float) -> str:
    """Return a part of 1 as `42 %`; the whole only where it is."""
    return f"{int(share * 100)} %"


def minutes(value: Decimal) -> str:
    """Return `1,204.5`: to a tenth, which is six seconds."""
    return f"{value:,.1f}" if value else "0"


def day_name(day: date) -> str:
    """Return `Sun 22 Nov 2026`."""
    return f"{day:%a} {day.day} {day:%b %Y}"


def short_day(day: date) -> str:
    """Return `22 Nov`."""
    return f"{day.day} {day:%b}"


def month_name(day: date) -> str:
    """Return `Nov 2026`."""
    return f"{day:%b %Y}"


def weekday_and_day(day: date) -> str:
    """Return `Tuesday 3 November`."""
    return f"{day:%A} {day.day} {day:%B}"
