"""Made-up agents of eight kinds, with the true rate of each hour of their years.

Times are hours since `START`; weeks are those of `ZONE`, which has two clock changes.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from conversations.arrivals.past_hours import local_hours

START = datetime(2024, 9, 30, tzinfo=UTC)  # a Monday
ZONE = ZoneInfo("Europe/Berlin")
WEEKS_BEFORE = 13
WEEKS = 52
HOURS = (WEEKS_BEFORE + WEEKS) * 168
FIRST = WEEKS_BEFORE * 168
RATES = (0.1, 0.3, 1.0, 3.0, 10.0, 50.0, 100.0)
AGENTS_OF_A_KIND = 25
NEWCOMER_WEEKS = 10
HOLIDAYS = 10
OPEN_ON_HOLIDAYS = 2
SHAPE = 6.0
CAMPAIGN_HOURS, CAMPAIGN_TIMES = 3, 8.0
SEASON = 0.5

LOCAL_HOURS, LOCAL_DAYS = local_hours(START, HOURS, ZONE)
# By the hour of the day: calls at night are few.
DAY = (
    *(0.04, 0.03, 0.02, 0.02, 0.03, 0.06, 0.15, 0.4, 0.8, 1.0, 1.0, 1.0),
    *(0.9, 0.9, 1.0, 1.0, 0.9, 0.8, 0.6, 0.45, 0.3, 0.2, 0.12, 0.07),
)
WEEKDAYS = (1.0, 1.0, 1.0, 1.0, 1.0, 0.6, 0.4)


@dataclass(slots=True)
class SimulatedAgent:
    """An agent; rate: of its busiest usual hours. true_rates: sessions an hour, of each
    hour since `START`. first, last: the hours that are judged.
    """

    kind: str
    rate: float
    true_rates: list[float]
    first: int = FIRST
    last: int = HOURS
    is_open_on_holidays: bool = False
    times: list[float] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)

    @property
    def years(self) -> float:
        return (self.last - self.first) / (WEEKS * 168)

    def call(self, chance: random.Random) -> None:
        """Have its sessions arrive, each by chance."""
        for hour, rate in enumerate(self.true_rates):
            moments = []
            moment = chance.expovariate(1.0) / rate if rate else 2.0
            while moment < 1.0:
                moments.append(hour + moment)
                moment += chance.expovariate(1.0) / rate
            self.counts.append(len(moments))
            self.times += moments


def day_and_night(hour: int) -> float:
    """Return the share of the busiest hours, at an hour of the local week."""
    day, of_day = divmod(hour, 24)
    return WEEKDAYS[day] * DAY[of_day]


def office(hour: int) -> float:
    """Return the share of an office that closes at night and on Sundays, and early on
    Saturdays.
    """
    day, of_day = divmod(hour, 24)
    if day == 5:
        return 1.0 if 9 <= of_day < 13 else 0.0
    return 1.0 if day < 5 and 8 <= of_day < 18 else 0.0


def shifts(hour: int) -> float:
    """Return the share of two shifts with a pause between, Monday to Saturday."""
    day, of_day = divmod(hour, 24)
    return 1.0 if day < 6 and (6 <= of_day < 13 or 15 <= of_day < 22) else 0.0


Share = Callable[[int], float]


def usual(share: Share, rate: float) -> list[float]:
    """Return the rates of all hours where no week differs from another."""
    return [rate * share(hour) for hour in LOCAL_HOURS]


def seasonal(rate: float, chance: random.Random) -> list[float]:
    """Return rates with a season: half more at one time of the year, half less at another."""
    phase = chance.random()
    return [
        one * (1 + SEASON * math.sin(2 * math.pi * (hour / (52 * 168) + phase)))
        for hour, one in enumerate(usual(day_and_night, rate))
    ]


def with_campaigns(rate: float, chance: random.Random) -> list[float]:
    """Return rates with two campaigns a week, of hours, at any time of a working day."""
    rates = usual(day_and_night, rate)
    for week in range(HOURS // 168):
        for _ in range(2):
            begin = week * 168 + chance.randrange(5) * 24 + chance.randrange(8, 16)
            for hour in range(begin, begin + CAMPAIGN_HOURS):
                rates[hour] = max(rates[hour], rate * CAMPAIGN_TIMES)
    return rates


def days_that_differ(rate: float, chance: random.Random) -> list[float]:
    """Return rates of which each day has a factor of its own."""
    factors = {
        day: chance.gammavariate(SHAPE, 1 / SHAPE) for day in sorted(set(LOCAL_DAYS))
    }
    rates = usual(day_and_night, rate)
    return [one * factors[day] for one, day in zip(rates, LOCAL_DAYS, strict=True)]


def with_holidays(rate: float, holidays: set[int], is_open: bool) -> list[float]:
    """Return rates of an office that is closed on some days."""
    rates = usual(office, rate)
    if is_open:
        return rates
    return [
        0.0 if day in holidays else one
        for one, day in zip(rates, LOCAL_DAYS, strict=True)
    ]


def newcomer(rate: float, chance: random.Random) -> SimulatedAgent:
    """Return an agent that begins some time in the year, judged from its first session."""
    begin = chance.randrange(FIRST, HOURS - NEWCOMER_WEEKS * 168)
    rates = [0.0] * begin + usual(day_and_night, rate)[begin:]
    end = begin + NEWCOMER_WEEKS * 168
    return SimulatedAgent("newcomers", rate, rates, begin, end)


def kinds(chance: random.Random, count: int) -> dict[str, list[SimulatedAgent]]:
    """Return so many agents of each kind; their sessions have not arrived yet."""
    rates = [RATES[number % len(RATES)] for number in range(count)]
    days = sorted(set(LOCAL_DAYS[FIRST:]))
    holidays = set(chance.sample([day for day in days if (day - 1) % 7 < 5], HOLIDAYS))
    made: dict[str, Callable[[float], list[float]]] = {
        "day and night": lambda rate: usual(day_and_night, rate),
        "weekend": lambda rate: usual(office, rate),
        "seasonal": lambda rate: seasonal(rate, chance),
        "bursty campaigns": lambda rate: with_campaigns(rate, chance),
        "two shifts": lambda rate: usual(shifts, rate),
        "days that differ": lambda rate: days_that_differ(rate, chance),
    }
    found = {
        kind: [SimulatedAgent(kind, rate, make(rate)) for rate in rates]
        for kind, make in made.items()
    }
    found["newcomers"] = [newcomer(rate, chance) for rate in rates]
    found["holidays"] = [
        SimulatedAgent(
            "holidays",
            rate,
            with_holidays(rate, holidays, number < OPEN_ON_HOLIDAYS),
            is_open_on_holidays=number < OPEN_ON_HOLIDAYS,
        )
        for number, rate in enumerate(rates)
    ]
    return found
