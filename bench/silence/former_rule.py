"""The rule by which pages called an agent quiet before: six sessions were to be expected.

By the same hours of the four weeks before; of a newcomer thrice the gap that nineteen of
twenty do not exceed. Kept to be compared with, nothing else uses it. Weeks are those of UTC
here, which two clock changes a year make no difference to.
"""

from __future__ import annotations

import itertools
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

from bench.silence.agents import SimulatedAgent
from bench.silence.rules import NEVER, next_look

MIN_SILENCE = 0.5
EXPECTED_SESSIONS = 6.0
WEEK = 168.0
WEEKS = 4
MAX_GAPS = 200
MIN_GAPS = 5
PATIENCE = 3
MIN_SILENCE_OF_A_NEWCOMER = 1.0


class FormerRule:
    """Judges the sessions of an agent as pages did."""

    def __init__(self, agent: SimulatedAgent) -> None:
        self.agent = agent
        self.times: Sequence[float] = agent.times

    def alarms(self) -> Iterator[tuple[int, float]]:
        """Yield the place of the last session before each false alarm, and its look."""
        begin = bisect_left(self.times, self.agent.first)
        end = bisect_left(self.times, self.agent.last)
        for place in range(begin, end - 1):
            if self.times[place + 1] - self.times[place] < MIN_SILENCE:
                continue
            seen = self.seen_at(place)
            if seen < self.times[place + 1]:
                yield place, seen

    def delay(self, begin: float) -> float:
        """Return the hours until an outage that begins at a moment is seen."""
        place = bisect_left(self.times, begin) - 1
        return max(self.seen_at(place), next_look(begin)) - begin

    def seen_at(self, place: int) -> float:
        """Return the look that sees the silence after a session."""
        last = self.times[place]
        weeks = [
            week for week in range(1, WEEKS + 1) if last - week * WEEK >= self.times[0]
        ]
        if not weeks:
            return self._seen_of_a_newcomer(place)
        wanted = int(EXPECTED_SESSIONS * len(weeks))
        shifted = [
            self.times[one] + week * WEEK
            for week in weeks
            for begin in [bisect_right(self.times, last - week * WEEK)]
            for one in range(begin, min(begin + wanted, place + 1))
        ]
        moment = sorted(shifted)[wanted - 1] if len(shifted) >= wanted else NEVER
        if moment - last >= WEEK:
            moment = self._seen_by_the_mean(place)
        return next_look(max(moment, last + MIN_SILENCE))

    def _seen_by_the_mean(self, place: int) -> float:
        last = self.times[place]
        start = max(self.times[0], last - WEEKS * WEEK)
        count = place - bisect_right(self.times, start) + 1
        if last - self.times[0] < WEEK or not count:
            return NEVER
        return last + max(WEEK, EXPECTED_SESSIONS / count * (last - start))

    def _seen_of_a_newcomer(self, place: int) -> float:
        arrivals = self.times[max(0, place + 1 - MAX_GAPS) : place + 1]
        gaps = sorted(later - one for one, later in itertools.pairwise(arrivals))
        if len(gaps) < MIN_GAPS:
            return NEVER
        usual = gaps[(len(gaps) - 1) * 95 // 100]
        patience = max(PATIENCE * usual, MIN_SILENCE_OF_A_NEWCOMER)
        return next_look(self.times[place] + max(patience, MIN_SILENCE))
