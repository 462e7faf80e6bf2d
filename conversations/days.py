"""Days in the time zone of an organization."""

from __future__ import annotations

from datetime import date, datetime, time, tzinfo


def midnight(day: date, zone: tzinfo) -> datetime:
    """Return the moment at which a day begins in a zone."""
    return datetime.combine(day, time.min, tzinfo=zone)


def read_day(text: str, name: str, faults: list[str]) -> date | None:
    """Return the day that a text of an address names; where it is none, add a sentence
    for the reader to `faults`.

    name: the field's label.
    """
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    # Outside these years there is nothing, and arithmetic on dates overflows.
    if not 1970 <= day.year <= 2100:
        faults.append(
            f"{name} is not a date, so it is left out. Write it as 2026-11-30."
        )
        return None
    return day
