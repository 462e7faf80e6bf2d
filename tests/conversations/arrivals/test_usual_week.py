"""What is learnt from sessions by the hour, and how often a year of it is judged falsely."""

import random
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bench.silence import years
from bench.silence.agents import SimulatedAgent, day_and_night, days_that_differ, usual
from conversations.arrivals.past_hours import closed_days, local_hours
from conversations.arrivals.silence import Usual
from conversations.arrivals.usual_week import learn

BERLIN = ZoneInfo("Europe/Berlin")
HOUR = timedelta(hours=1)
WEEKS = 13
START = datetime(2026, 8, 24, tzinfo=UTC)  # a Monday, before a clock change
OFFICE = range(8, 18)


def counts_of(share, *, weeks=WEEKS, zone=UTC):
    """Sessions in each hour: `share(ordinal of the local day, hour of it)` of them."""
    hours, days = local_hours(START, weeks * 168, zone)
    return [share(day, hour % 24) for hour, day in zip(hours, days, strict=True)]


def is_open(day, hour):
    return (day - 1) % 7 < 5 and hour in OFFICE


def office(day, hour):
    return 10 if is_open(day, hour) else 0


def learnt(*given) -> Usual:
    found = learn(*given)
    assert found
    return found


def test_a_week_is_learnt_hour_by_hour():
    known = learnt(counts_of(office), START, UTC)
    assert known.rates[8] == pytest.approx(10, rel=0.02)
    assert known.rates[7] == known.rates[6 * 24 + 12] == 0
    assert known.a_week == pytest.approx(500, rel=0.02)
    assert known.weeks == WEEKS


def test_the_hours_are_those_of_the_wall_on_both_sides_of_a_clock_change():
    known = learnt(counts_of(office, zone=BERLIN), START, BERLIN)
    assert known.rates[8] == pytest.approx(10, rel=0.02)
    assert known.rates[7] == known.rates[18] == 0


def test_less_is_asked_of_who_is_called_less_often():
    busy = learnt(counts_of(lambda day, hour: 60), START, UTC)
    slow = learnt(counts_of(lambda day, hour: hour == 12), START, UTC)
    assert slow.threshold < busy.threshold
    assert slow.overnight <= busy.overnight < busy.threshold


def test_days_that_differ_are_seen():
    chance = random.Random(1)  # noqa: S311 - repeatable
    factors: dict[int, float] = {}

    def differing(day, hour):
        factor = factors.setdefault(day, chance.gammavariate(6, 1 / 6))
        return round(60 * factor)

    assert 3 < learnt(counts_of(differing), START, UTC).day_shape < 10
    assert learnt(counts_of(lambda day, hour: 60), START, UTC).day_shape > 30


def test_growth_is_followed_and_a_campaign_is_not_what_is_usual():
    last = max(local_hours(START, WEEKS * 168, UTC)[1])
    growing = learnt(
        counts_of(lambda day, hour: round(10 + 10 * (1 - (last - day) / 91))),
        START,
        UTC,
    )
    assert growing.rates[100] == pytest.approx(19, rel=0.1)
    burst = learnt(
        counts_of(lambda day, hour: 200 if day % 13 == 0 and hour == 12 else 5),
        START,
        UTC,
    )
    assert burst.rates[12] < 7


def test_of_a_few_sessions_or_days_nothing_is_learnt():
    assert learn([], START, UTC) is None
    assert learn([30, 0, 30], START, UTC) is None
    assert learn(counts_of(lambda day, hour: 1, weeks=1)[:73], START, UTC) is not None


def test_a_holiday_and_an_absence_say_nothing():
    holiday = date(2026, 10, 14).toordinal()
    closed = counts_of(lambda day, hour: 0 if day == holiday else office(day, hour))
    known = learnt(closed, START, UTC)
    assert known.rates[2 * 24 + 12] == pytest.approx(10, rel=0.02)
    away = (START + 72 * 168 * HOUR / 10, START + 75 * 168 * HOUR / 10)
    gone = [
        0 if away[0] <= START + place * HOUR < away[1] else count
        for place, count in enumerate(counts_of(office))
    ]
    known = learnt(gone, START, UTC, [away])
    assert known.rates[12] == pytest.approx(10, rel=0.02)


def test_a_day_that_is_closed_for_good_is_usual_the_second_time():
    _, days = local_hours(START, WEEKS * 168, UTC)
    last = max(days)
    fridays = [day for day in sorted(set(days)) if (day - 1) % 7 == 4 and day < last]

    def closed(count):
        gone = fridays[-count:]
        return counts_of(lambda day, hour: 0 if day in gone else office(day, hour))

    assert closed_days(closed(1), days) == set(fridays[-1:])
    assert closed_days(closed(2), days) == set(fridays[:-2])
    assert learnt(closed(2), START, UTC).rates[4 * 24 + 12] == 0


@pytest.mark.parametrize("seed", [1, 2])
def test_in_years_of_agents_false_alarms_are_few_and_outages_are_seen_in_time(seed):
    """A small part of `make bench BENCH=silence`, which has the figures."""
    chance = random.Random(seed)  # noqa: S311 - repeatable
    agents = [
        SimulatedAgent("day and night", rate, usual(day_and_night, rate))
        for rate in (0.3, 3.0, 10.0)
    ]
    agents.append(
        SimulatedAgent("days that differ", 3.0, days_that_differ(3.0, chance))
    )
    for agent in agents:
        agent.call(chance)
    outages = [years._outages(agent, chance) for agent in agents]
    found = years._judge(agents, years._ours("", agents), outages)
    assert found.years == 4
    assert found.alarms <= 6
    assert found.missed == 0
    assert found.ratio < 1.6
