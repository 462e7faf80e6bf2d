"""How surprising it is that an agent is silent, and from when on it counts as silent.

Pure functions over what is usual for an agent (`usual_week`). Sessions are taken to arrive
by chance, as often as is usual at that hour of the week, on a day that may be busier or
quieter than others. The surprise of a silence is minus the natural logarithm of its
chance; on days that never differ it is the number of sessions that were to be expected.
What is known of the day so far counts: fifty sessions since this morning say how busy it is.

Hours are those of the organization's local time, walked by the clock of the world: a change
to or from summer time moves nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from conversations.arrivals.week_hours import (
    HORIZON,
    HOUR,
    Interval,
    Walk,
    day_start,
    expected_between,
    moment_after,
    pieces,
)

# Workers deliver late, and in bursts; nobody is silent for less.
MIN_SILENCE = timedelta(minutes=10)
# So many of the newest sessions say how busy today is.
MAX_RECENT = 64
# A day that began busier than usual is taken to go on so, up to this factor.
MAX_BUSIER = 1.25
# Silent for so long, and so many sessions expected: silent, however much its days differ.
FORTNIGHT = timedelta(days=13)
MIN_EXPECTED_IN_A_FORTNIGHT = 5.0
# Where even longer silences are usual, a fortnight is not.
MIN_TIMES_THE_LONGEST = 1.2


@dataclass(frozen=True, slots=True)
class Usual:
    """What is usual for an agent.

    rates: sessions an hour in each of the 168 hours of a local week, from Monday 0:00.
    weeks: how many weeks that is known from.
    day_shape: how alike its days are: the shape of a gamma distribution of mean 1.
    level_count: by how many sessions it is known how busy it is these weeks.
    threshold: the surprise from which on a silence counts. overnight: the same of a silence
    that goes on into another day, by what that adds: there are fewer of those.
    longest: hours of the longest silence that was seen and is nothing.
    """

    rates: tuple[float, ...]
    weeks: float
    day_shape: float
    level_count: float
    threshold: float
    overnight: float
    longest: float = 0.0

    @property
    def a_week(self) -> float:
        """Return how many sessions a week are usual."""
        return sum(self.rates)

    @property
    def caution(self) -> float:
        """Return the factor, below 1, for what is known from a few weeks only."""
        return self.weeks * math.log1p(1 / self.weeks)

    def needed(self, threshold: float) -> float:
        """Return the surprise that is to add up day by day until it is above a threshold,
        for all that is not known of how busy these weeks are.
        """
        return self.level_count * _grow(threshold / self.level_count)


@dataclass(frozen=True, slots=True)
class Recent:
    """The newest sessions of an agent.

    last: when the last one arrived. since: since when, on the same local day, sessions
    were counted. count: how many arrived after `since`, up to and with the last one.
    """

    last: datetime
    since: datetime
    count: int


def recent_of(newest: Sequence[datetime], zone: tzinfo) -> Recent:
    """Return what the newest sessions say, of the local day of the last one.

    newest: up to `MAX_RECENT` of them, newest first, at least one.
    """
    last = newest[0]
    midnight = day_start(last, zone)
    today = [moment for moment in newest if moment >= midnight]
    if len(today) == len(newest) >= MAX_RECENT:
        return Recent(last, today[-1], len(today) - 1)
    return Recent(last, midnight, len(today))


@dataclass(slots=True)
class _Day:
    """How surprising it is that nothing came on one day.

    shape, expected: of the gamma distribution of how busy it is.
    """

    shape: float
    expected: float
    caution: float

    def surprise(self, expected: float) -> float:
        return self.shape * math.log1p(self.caution * expected / self.expected)

    def expected_at(self, surprise: float) -> float:
        return self.expected * _grow(surprise / self.shape) / self.caution


def _first_day(
    usual: Usual, recent: Recent, zone: tzinfo, left_out: Sequence[Interval]
) -> _Day:
    expected = expected_between(usual.rates, recent.since, recent.last, zone, left_out)
    known = usual.day_shape + expected
    count = min(usual.day_shape + recent.count, MAX_BUSIER * known)
    return _Day(count, known, usual.caution)


def surprise_at(
    usual: Usual,
    recent: Recent,
    now: datetime,
    zone: tzinfo,
    left_out: Sequence[Interval] = (),
) -> float:
    """Return how surprising the silence since the last session is by now."""
    day = _first_day(usual, recent, zone, left_out)
    start, sum_of_days = recent.last, 0.0
    while start < now:
        until = min(now, day_start(start, zone, days=1))
        expected = expected_between(usual.rates, start, until, zone, left_out)
        sum_of_days += day.surprise(expected)
        day = _Day(usual.day_shape, usual.day_shape, usual.caution)
        start = until
    return usual.level_count * math.log1p(sum_of_days / usual.level_count)


def silent_at(
    usual: Usual,
    recent: Recent,
    zone: tzinfo,
    left_out: Sequence[Interval] = (),
) -> datetime | None:
    """Return from when on the agent counts as silent, where no session comes; None where
    that is not within `HORIZON`.
    """
    day = _first_day(usual, recent, zone, left_out)
    left, expected = usual.needed(usual.threshold), 0.0
    fortnight = _fortnight(usual, recent.last)
    start = recent.last
    while start < recent.last + HORIZON:
        end = day_start(start, zone, days=1)
        here = Walk(list(pieces(usual.rates, start, end, zone, left_out)))
        moment = here.moment(day.expected_at(left))
        enough = here.moment(MIN_EXPECTED_IN_A_FORTNIGHT - expected)
        if enough or expected >= MIN_EXPECTED_IN_A_FORTNIGHT:
            moment = min(moment or end, max(enough or start, fortnight))
            moment = moment if moment < end else None
        if moment:
            return max(moment, recent.last + MIN_SILENCE)
        left -= day.surprise(here.expected)
        if start == recent.last:
            left = min(left, usual.needed(usual.overnight))
        expected += here.expected
        day = _Day(usual.day_shape, usual.day_shape, usual.caution)
        start = end
    return None


def _fortnight(usual: Usual, last: datetime) -> datetime:
    longest = MIN_TIMES_THE_LONGEST * usual.longest * HOUR
    return last + max(FORTNIGHT, longest)


def soonest(usual: Usual, now: datetime, zone: tzinfo) -> datetime:
    """Return before when no silence can count that begins now or later, whatever comes
    until it begins.
    """
    needed = min(usual.threshold, usual.overnight) / MAX_BUSIER
    moment = moment_after(usual.rates, now, needed, zone) or now + HORIZON
    return min(max(moment, now + MIN_SILENCE), now + FORTNIGHT)


def _grow(logarithm: float) -> float:
    """Return what `log1p` was taken of, within what a float holds."""
    return math.expm1(min(logarithm, 300.0))
