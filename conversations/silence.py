"""How long an agent may be silent before that is worth a look: judged by its own past.

Pure functions over the moments at which its sessions arrived.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

# What is usual is read off this much of an agent's past, up to its last session.
WINDOW = timedelta(days=28)
MOST_SESSIONS = 200
# Fewer gaps than these say little: then only the longest one, tripled, is believed.
ENOUGH_GAPS = 5
PATIENCE = 3
SHORTEST_SILENCE = timedelta(hours=1)
SHORTEST_SILENCE_OF_A_NEWCOMER = timedelta(days=1)

WEEK = timedelta(weeks=1)
WEEKS = 4
# With three sessions to be expected, none at all is a one in twenty chance.
EXPECTED_SESSIONS = 3.0

Interval = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Usual:
    """What is usual between two sessions of an agent.

    gap: nineteen of twenty gaps are at most this long; None where there are too few.
    patience: a longer silence is worth a look.
    """

    gap: timedelta | None
    patience: timedelta


def usual(arrivals: Sequence[datetime]) -> Usual:
    """arrivals: of the newest `MOST_SESSIONS` sessions, newest first, at least one."""
    recent = [one for one in arrivals if one >= arrivals[0] - WINDOW]
    gaps = sorted(later - earlier for later, earlier in itertools.pairwise(recent))
    if len(gaps) < ENOUGH_GAPS:
        longest = gaps[-1] if gaps else timedelta(0)
        return Usual(None, max(PATIENCE * longest, SHORTEST_SILENCE_OF_A_NEWCOMER))
    gap = gaps[(len(gaps) - 1) * 95 // 100]
    return Usual(gap, max(PATIENCE * gap, SHORTEST_SILENCE))


def same_hours_before(last: datetime, now: datetime, first: datetime) -> list[Interval]:
    """The hours since `last`, in each of the weeks before that the agent worked in.

    Empty where nothing can be learned from them: it is too new, or silent for longer
    than a week, which no weekend explains.
    first: the earliest arrival that is known.
    """
    if now - last >= WEEK:
        return []
    intervals = [
        (last - WEEK * weeks, now - WEEK * weeks) for weeks in range(1, WEEKS + 1)
    ]
    return [(start, end) for start, end in intervals if start >= first]


def is_unusual(counts: Sequence[int]) -> bool:
    """Whether silence is worth a look in hours that had these many sessions before.

    A night or a weekend without calls is long, but nothing to look at.
    """
    return not counts or sum(counts) / len(counts) >= EXPECTED_SESSIONS
