"""How long a call took, as far as its sender reported it."""

from __future__ import annotations

from datetime import datetime

MAX_CALL_SECONDS = 365 * 24 * 3600  # a year


def reported_duration(
    sent: float | None, started_at: datetime | None, ended_at: datetime | None
) -> float | None:
    """Return the seconds a call took as far as its sender reported it, else None.

    sent: seconds, which win over the two times.
    """
    if sent is not None:
        return sent
    if started_at is None or ended_at is None:
        return None
    seconds = (ended_at - started_at).total_seconds()
    return seconds if 0 <= seconds <= MAX_CALL_SECONDS else None
