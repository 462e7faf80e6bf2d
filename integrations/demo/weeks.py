"""When the calls of the last four weeks ended: busy mornings, quiet nights and
weekends, in the organization's time zone; not two days alike."""

from __future__ import annotations

from bisect import bisect
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

from integrations.demo.chance import randomness

DAYS = 28
HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Hours:
    """How calls spread over time.

    day: weights of its 24 hours. week: weights of its days, from Monday on.
    """

    day: tuple[float, ...]
    week: tuple[float, ...] = (1.25, 1.05, 1.0, 1.0, 0.9, 0.4, 0.12)


OFFICE = Hours(
    day=(
        *(0.02, 0.01, 0.01, 0.01, 0.02, 0.05, 0.15, 0.5, 1.4, 2.4, 2.6, 2.2),
        *(1.3, 1.6, 2.1, 2.2, 1.9, 1.3, 0.7, 0.4, 0.2, 0.12, 0.08, 0.04),
    )
)
SHOP = Hours(
    day=(
        *(0.08, 0.04, 0.02, 0.02, 0.02, 0.05, 0.2, 0.6, 1.2, 1.8, 2.1, 2.0),
        *(1.8, 1.6, 1.7, 1.8, 1.9, 2.1, 2.2, 2.0, 1.5, 0.9, 0.5, 0.2),
    ),
    week=(1.2, 1.0, 1.0, 1.0, 1.0, 0.7, 0.45),
)
AFTERNOON = Hours(
    day=(*(0.0,) * 10, 0.6, 1.0, 0.4, 1.2, 1.6, 1.8, 2.0, 2.2, 1.6, 0.6, *(0.0,) * 4),
    week=(1.0, 1.2, 1.2, 1.2, 0.8, 0.2, 0.0),
)
NIGHT = Hours(
    day=(
        *(1.8, 1.4, 1.1, 0.7, 0.6, 0.8, 0.7, 0.2, *(0.0,) * 8),
        *(0.0, 0.0, 0.05, 0.3, 0.9, 1.6, 2.2, 2.1),
    ),
    week=(0.8, 0.7, 0.8, 0.9, 1.3, 1.5, 1.2),
)
EARLY = Hours(
    day=(*(0.0,) * 4, 0.6, 1.6, 2.2, 2.0, 1.4, 1.0, 0.8, 0.6, 0.3, 0.1, *(0.0,) * 10),
    week=(1.2, 1.0, 1.0, 1.0, 1.0, 0.3, 0.0),
)


@dataclass(frozen=True)
class Weeks:
    """The four weeks before `now` (aware), in the time zone of an organization."""

    now: datetime
    zone: ZoneInfo
    seed: int
    _cache: dict[tuple[Hours, float, float], tuple[list[datetime], list[float]]] = (
        field(default_factory=dict)
    )

    def moment(
        self,
        hours: Hours,
        fraction: float,
        *,
        from_day: float = DAYS,
        until_day: float = 0,
    ) -> datetime:
        """Return the moment at which this fraction (0..1) of the calls is over, in UTC.

        from_day, until_day: days before `now` between which they lie.
        """
        starts, sums = self._load(hours, from_day, until_day)
        target = fraction * sums[-1]
        index = min(bisect(sums, target), len(starts) - 1)
        before = sums[index - 1] if index else 0.0
        within = (target - before) / ((sums[index] - before) or 1.0)
        return starts[index] + min(max(within, 0.0), 1.0) * HOUR

    def _load(
        self, hours: Hours, from_day: float, until_day: float
    ) -> tuple[list[datetime], list[float]]:
        key = hours, from_day, until_day
        if key not in self._cache:
            count = max(1, int((from_day - until_day) * 24))
            end = self.now.astimezone(UTC) - timedelta(days=until_day)
            starts = [end - index * HOUR for index in range(count, 0, -1)]
            weights = [self._weight(hours, start) for start in starts]
            self._cache[key] = starts, list(accumulate(weights))
        return self._cache[key]

    def _weight(self, hours: Hours, start: datetime) -> float:
        local = (start + HOUR / 2).astimezone(self.zone)
        factor = randomness(self.seed, "day", str(local.date())).uniform(0.65, 1.3)
        return hours.day[local.hour] * hours.week[local.weekday()] * factor + 1e-6
