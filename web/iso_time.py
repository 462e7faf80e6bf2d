"""Moments as programs read them: ISO 8601, in UTC."""

from __future__ import annotations

from datetime import UTC, datetime


def iso_microseconds(moment: datetime) -> str:
    """Return an aware moment as `2026-11-22T12:31:42.339000Z`, as answers and files have
    it; without the fraction where that is zero."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def iso_milliseconds(moment: datetime) -> str:
    """Return an aware moment as `2026-11-22T12:31:42.339+00:00`, as pages and the log
    have it; always with the fraction."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")
