"""When a silence is seen: by the product's judgement, and by an oracle.

Looks come every five minutes; between two sessions the moment from which a silence counts
is all there is to know, so no look is walked through.
"""

from __future__ import annotations

import itertools
import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta

from bench.silence.agents import (
    HOURS,
    LOCAL_DAYS,
    START,
    ZONE,
    SimulatedAgent,
)
from conversations.arrivals import silence
from conversations.arrivals.past_hours import closed_days
from conversations.arrivals.silence import Recent, Usual
from conversations.arrivals.usual_week import learn
from conversations.arrivals.week_hours import Interval, day_start

LOOK = 5 / 60
WEEKS_KNOWN_BEFORE = 4
NEVER = math.inf


def moment_of(hours: float) -> datetime:
    """Return the moment so many hours after the start."""
    return START + timedelta(hours=hours)


def hours_of(moment: datetime | None) -> float:
    """Return the hours of a moment after the start; endless for none."""
    return (moment - START) / timedelta(hours=1) if moment else NEVER


def next_look(hours: float) -> float:
    """Return the first look at a moment or after it."""
    return math.ceil(hours / LOOK - 1e-9) * LOOK if hours < NEVER else NEVER


class Judged:
    """What the product knows of an agent, learnt every so many days."""

    def __init__(
        self,
        agent: SimulatedAgent,
        every_days: int,
        organization: Sequence[int] | None = None,
    ) -> None:
        """Learn all that is known in the course of the year.

        organization: the sessions of all its agents by the hour, where it has others.
        """
        self.agent = agent
        self.every = every_days * 24
        self.closed = closed_days(organization, LOCAL_DAYS) if organization else set()
        self.known: dict[int, Usual | None] = {}
        first = next((n for n, count in enumerate(agent.counts) if count), HOURS)
        # A little before: the last session before an outage may be as old.
        begin_at = max(0, agent.first - WEEKS_KNOWN_BEFORE * 168)
        for hour in range(begin_at // self.every * self.every, agent.last, self.every):
            begin = max(first, hour - 14 * 168)
            end = bisect_left(agent.times, hour)
            if not end or begin >= hour:
                continue
            counts = agent.counts[begin : int(agent.times[end - 1]) + 1]
            closed = (
                closed_days(organization[begin:hour], LOCAL_DAYS[begin:hour])
                if organization
                else ()
            )
            self.known[hour] = learn(counts, moment_of(begin), ZONE, (), closed)

    def usual_at(self, hours: float) -> Usual | None:
        """Return what was known at a moment; None where too little was."""
        return self.known.get(int(hours // self.every) * self.every)

    def recent_at(self, place: int) -> Recent:
        """Return what the sessions up to a place say."""
        newest = self.agent.times[max(0, place - silence.MAX_RECENT + 1) : place + 1]
        return silence.recent_of([moment_of(one) for one in reversed(newest)], ZONE)

    def seen_at(self, place: int, until: float = NEVER) -> float:
        """Return the look that sees the silence after a session; endless where none does
        until a moment.
        """
        last = self.agent.times[place]
        usual = self.usual_at(last)
        gap = until - last
        if usual is None or gap < silence.MIN_SILENCE / timedelta(hours=1):
            return NEVER
        most = silence.MAX_BUSIER * max(usual.rates) * gap
        fortnight = silence.FORTNIGHT / timedelta(hours=1)
        if most < usual.threshold and gap < fortnight:
            return NEVER
        seen = self._seen_at(usual, place)
        return seen if seen < until else NEVER

    def _seen_at(self, usual: Usual, place: int) -> float:
        """Return the look that sees the silence; of a day on which all of the organization
        was closed it is known the day after.
        """
        recent = self.recent_at(place)
        left_out: list[Interval] = []
        for day in [*sorted(self.closed), LOCAL_DAYS[-1] + 1]:
            midnight = datetime.combine(date.fromordinal(day), time.min, tzinfo=ZONE)
            end = day_start(midnight, ZONE, days=1)
            if end <= recent.last:
                continue
            seen = silence.silent_at(usual, recent, ZONE, left_out)
            if seen is None or seen < end:
                break
            left_out.append((midnight.astimezone(UTC), end))
        return next_look(hours_of(seen))

    def alarms(self) -> Iterator[tuple[int, float]]:
        """Yield the place of the last session before each false alarm, and its look."""
        times = self.agent.times
        begin = bisect_left(times, self.agent.first)
        end = bisect_left(times, self.agent.last)
        for place in range(begin, end - 1):
            seen = self.seen_at(place, times[place + 1])
            if seen < NEVER:
                yield place, seen

    def delay(self, begin: float) -> float:
        """Return the hours until an outage that begins at a moment is seen."""
        place = bisect_left(self.agent.times, begin) - 1
        return max(self.seen_at(place), next_look(begin)) - begin


class Oracle:
    """Knows the true rate of each hour of the year: also how busy each day is, and when a
    campaign comes or a day is closed. It allows one false alarm a year.
    """

    def __init__(self, agent: SimulatedAgent) -> None:
        self.agent = agent
        self.sums = [0.0, *itertools.accumulate(agent.true_rates)]
        a_year = (self.sums[agent.last] - self.sums[agent.first]) / agent.years
        self.threshold = math.log(max(a_year, 2.0))

    def delay(self, begin: float) -> float:
        """Return the hours until an outage that begins at a moment is seen."""
        last = self.agent.times[bisect_left(self.agent.times, begin) - 1]
        hour = int(last)
        sum_ = self.sums[hour] + (last - hour) * self.agent.true_rates[hour]
        wanted = sum_ + self.threshold
        end = bisect_right(self.sums, wanted) - 1
        if end >= HOURS:
            return NEVER
        seen = end + (wanted - self.sums[end]) / self.agent.true_rates[end]
        return max(next_look(seen), next_look(begin)) - begin
