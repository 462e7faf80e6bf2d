"""Days as an organization counts them."""

from __future__ import annotations

from datetime import date, datetime, time, tzinfo


def midnight(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time.min, tzinfo=zone)


def read_day(text: str, name: str, faults: list[str]) -> date | None:
    """A day of an address; where it is none, a sentence for the reader in `faults`.

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
