"""How long an agent may be silent before that is worth a look, judged by its own past.

Pure functions over the moments at which its sessions arrived. Weeks are those of the
organization's local time, so that a change to or from summer time moves nothing.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

# What is usual is read off this much of an agent's past.
WINDOW = timedelta(days=28)
# Nobody is silent for less.
MIN_SILENCE = timedelta(minutes=30)
# With six sessions to be expected, none at all is a one in four hundred chance.
EXPECTED_SESSIONS = 6.0

WEEK = timedelta(weeks=1)
WEEKS = 4
# Around an hour of the week: this much before and after.
AROUND = timedelta(hours=1)
# Fewer sessions than this around an hour say nothing about how far apart they are.
MIN_SESSIONS_AROUND_AN_HOUR = 3

# Of a newcomer, which has no week to compare with, only the gaps are known.
MAX_GAPS = 200
MIN_GAPS = 5
PATIENCE = 3
MIN_SILENCE_OF_A_NEWCOMER = timedelta(hours=1)
# After a few sessions, or a test that somebody sent by hand, nobody waits for the next.
IDLE_AFTER = timedelta(days=1)

Interval = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Compared:
    """Intervals of the past, and what a session in them adds to the expected number
    since the last one.

    by_hour: the same hours of the week; else the whole of the weeks before.
    """

    intervals: list[Interval]
    weight: float
    by_hour: bool


def compared(
    first: datetime, last: datetime, now: datetime, zone: tzinfo
) -> Compared | None:
    """Return what the silence since `last` is compared with; None without a week of
    sessions.

    first: the agent's earliest session: weeks before it say nothing.
    """
    if now - last < WEEK:
        same = [
            (weeks_before(last, weeks, zone), weeks_before(now, weeks, zone))
            for weeks in range(1, WEEKS + 1)
        ]
        worked = [one for one in same if one[0] >= first]
        if worked:
            return Compared(worked, 1 / len(worked), by_hour=True)
    elif last - first >= WEEK:
        # No night and no weekend is that long: the mean over all hours will do.
        start = max(first, last - WINDOW)
        weight = (now - last) / (last - start)
        return Compared([(start, last)], weight, by_hour=False)
    return None


def around_this_hour(first: datetime, now: datetime, zone: tzinfo) -> list[Interval]:
    """Return this hour of the week, in each of the last weeks since the agent's first
    session.
    """
    centres = [weeks_before(now, weeks, zone) for weeks in range(1, WEEKS + 1)]
    return [
        (centre - AROUND, centre + AROUND)
        for centre in centres
        if centre - AROUND >= first
    ]


def gap_around(counts: Sequence[int]) -> timedelta | None:
    """Return the mean gap between sessions, from their counts in intervals of
    `around_this_hour`; None where they are too few.
    """
    if sum(counts) < MIN_SESSIONS_AROUND_AN_HOUR:
        return None
    return 2 * AROUND * len(counts) / sum(counts)


def patience_of_a_newcomer(arrivals: Sequence[datetime]) -> timedelta | None:
    """Return how long a silence may be before it is worth a look; None where too few
    sessions came to say so.

    arrivals: of the newest `MAX_GAPS` sessions, newest first, at least one.
    """
    gaps = sorted(later - earlier for later, earlier in itertools.pairwise(arrivals))
    if len(gaps) < MIN_GAPS:
        return None
    # Nineteen of twenty are at most this long.
    gap = gaps[(len(gaps) - 1) * 95 // 100]
    return max(PATIENCE * gap, MIN_SILENCE_OF_A_NEWCOMER)


def weeks_before(moment: datetime, weeks: int, zone: tzinfo) -> datetime:
    """Return the same local time of the same weekday, so many weeks before."""
    local = moment.astimezone(zone).replace(tzinfo=None)
    return (local - weeks * WEEK).replace(tzinfo=zone)
