"""What is usual for an agent, learnt from how many sessions arrived in each hour.

Pure functions over counts by the hour, of the newest thirteen weeks. Newer weeks weigh more, and
how busy the last weeks were sets the level: a volume that grows, shrinks or has a season is
followed. How much days differ is measured on its own days. How long its silences were by
its own measure decides how surprising one has to be.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from conversations.arrivals.past_hours import PastHours, past_hours, without_bursts
from conversations.arrivals.silence import Usual
from conversations.arrivals.week_hours import HOURS_A_DAY, HOURS_A_WEEK, Interval

# Weeks after which a week weighs half in the profile; days after which a day does in the level.
HALF_LIFE_WEEKS = 5.0
HALF_LIFE_DAYS = 10.0
# An hour is taken to be like the same hour of days of its kind, as by so many sessions.
LIKE_OTHER_DAYS = 3.0
# Before anything is known of its days, their variance over the square of their mean.
PRIOR_VARIANCE = 0.25
PRIOR_DAYS = 4.0
MAX_DAY_SHAPE = 40.0
MIN_DAY_SHAPE = 0.3
PRIOR_LEVEL = 8.0
# Fewer sessions, or on fewer days, say nothing.
MIN_SESSIONS = 5
MIN_DAYS = 3
# False alarms in a year that the thresholds are set for, below the one that is allowed:
# of any gap, and of one that goes on into another day, where patience costs more time.
ALLOWED_A_YEAR = 0.3
ALLOWED_OVERNIGHT = 0.75
WEEKS_A_YEAR = 52.18
DAYS_A_YEAR = 365.0
# The mean excess of surprises is taken to be 1, as by chance alone, as by so many.
PRIOR_EXCESSES = 20.0
MIN_SURPRISE = 2.0
# So many silences in the past that are beyond what counts were outages or holidays.
MAX_OUTAGES = 2
OUTAGE = 1.5


def learn(
    counts: Sequence[int],
    first_hour: datetime,
    zone: tzinfo,
    absences: Sequence[Interval] = (),
    closed: Collection[int] = frozenset(),
) -> Usual | None:
    """Return what is usual; None where too few sessions are known to say so.

    counts: sessions in each hour from `first_hour` up to the last session; the silence
    since then is what is judged. absences, closed: as of `past_hours`.
    """
    past = without_bursts(past_hours(counts, first_hour, zone, absences, closed))
    if past.sessions < MIN_SESSIONS or len(past.busy_days()) < MIN_DAYS:
        return None
    profile = _profile(past)
    days = _days(past, profile)
    level, level_count, shape = _level_and_shape(days)
    rates = tuple(rate * level for rate in profile)
    weeks = len(past.known) / HOURS_A_WEEK
    unjudged = Usual(rates, weeks, shape, level_count, threshold=1.0, overnight=1.0)
    surprises, longest = _silences(past, profile, unjudged)
    scale = _scale(surprises, past.sessions, sum(rates))
    a_year = sum(rates) * WEEKS_A_YEAR
    return replace(
        unjudged,
        threshold=scale * _by_chance(a_year / ALLOWED_A_YEAR),
        overnight=scale * _by_chance(min(a_year, DAYS_A_YEAR) / ALLOWED_OVERNIGHT),
        longest=longest,
    )


def _profile(past: PastHours) -> list[float]:
    """Return sessions an hour of each hour of the week, newer weeks weighing more."""
    sums, weights = [0.0] * HOURS_A_WEEK, [0.0] * HOURS_A_WEEK
    for hour, values in enumerate(past.by_hour_of_week()):
        for weeks_ago, count in values:
            weight = 0.5 ** (weeks_ago / HALF_LIFE_WEEKS)
            sums[hour] += weight * count
            weights[hour] += weight
    return _pooled(sums, weights)


def _pooled(sums: Sequence[float], weights: Sequence[float]) -> list[float]:
    """Return rates that lean on the same hour of days of the same kind: Monday to Friday,
    Saturday, Sunday; but where an agent is called less than on those.
    """
    means = []
    for hour in range(HOURS_A_WEEK):
        day, of_day = divmod(hour, HOURS_A_DAY)
        alike = range(5) if day < 5 else (day,)
        hours = [one * HOURS_A_DAY + of_day for one in alike]
        known = sum(weights[one] for one in hours)
        means.append(sum(sums[one] for one in hours) / known if known else 0.0)
    expected = [mean * weight for mean, weight in zip(means, weights, strict=True)]
    return [
        (sums[hour] + LIKE_OTHER_DAYS) / (weights[hour] + LIKE_OTHER_DAYS / mean)
        if mean and _is_like(hour, sums, expected)
        else sums[hour] / (weights[hour] or 1.0)
        for hour, mean in enumerate(means)
    ]


def _is_like(hour: int, sums: Sequence[float], expected: Sequence[float]) -> bool:
    """Return whether as many came around an hour as on other days, as far as one can say."""
    day = hour // HOURS_A_DAY * HOURS_A_DAY
    around = slice(max(day, hour - 2), min(day + HOURS_A_DAY, hour + 3))
    mean = sum(expected[around])
    return mean - sum(sums[around]) <= 2 * math.sqrt(mean) + 1


@dataclass(frozen=True, slots=True)
class _Day:
    """days_ago: before the last one. count, expected: sessions, and by the profile."""

    days_ago: int
    count: float
    expected: float


def _days(past: PastHours, profile: Sequence[float]) -> list[_Day]:
    counts: dict[int, float] = {}
    expected: dict[int, float] = {}
    for place in past.known:
        day = past.days[place]
        counts[day] = counts.get(day, 0) + past.counts[place]
        expected[day] = expected.get(day, 0.0) + profile[past.hours[place]]
    last = max(counts)
    return [
        _Day(last - day, counts[day], expected[day]) for day in counts if expected[day]
    ]


def _level_and_shape(days: Sequence[_Day]) -> tuple[float, float, float]:
    """Return how busy it is now against the profile, by how many sessions that is known,
    and how alike its days are.
    """
    over = squares = PRIOR_DAYS * (sum(day.expected for day in days) / len(days)) ** 2
    over *= PRIOR_VARIANCE
    for day in days:
        over += (day.count - day.expected) ** 2 - day.expected
        squares += day.expected**2
    # What is measured on few days may well be more.
    variance = over / squares * (1 + math.sqrt(0.5 / (len(days) + PRIOR_DAYS)))
    shape = 1 / min(max(variance, 1 / MAX_DAY_SHAPE), 1 / MIN_DAY_SHAPE)
    count = expected = weight_sum = weight_squares = 0.0
    for day in days:
        weight = 0.5 ** (day.days_ago / HALF_LIFE_DAYS)
        count += weight * day.count
        expected += weight * day.expected
        weight_sum += weight
        weight_squares += weight**2
    level = (count + PRIOR_LEVEL) / (expected + PRIOR_LEVEL)
    as_many_days = weight_sum**2 / weight_squares
    known_by = 1 / (1 / (count + PRIOR_LEVEL) + 1 / (shape * as_many_days))
    return level, known_by, shape


def _silences(
    past: PastHours, profile: Sequence[float], usual: Usual
) -> tuple[list[float], float]:
    """Return the surprises of its silences of an hour or more, and the hours of the longest.

    Of the hours in which a silence begins and ends, the part that is likely belongs to it.
    """
    shape, caution = usual.day_shape, usual.caution
    surprises: list[float] = []
    lengths: list[tuple[float, int]] = []
    day = -1
    seen = expected_today = 0.0
    run = run_of_days = 0.0
    a, b, hours = shape, shape, 0
    for place in past.known:
        rate = profile[past.hours[place]]
        if past.days[place] != day:
            day = past.days[place]
            run_of_days += a * math.log1p(caution * run / b)
            run, a, b = 0.0, shape, shape
            seen = expected_today = 0.0
        count = past.counts[place]
        if not count:
            run += rate
            expected_today += rate
            hours += 1
            continue
        edge = rate / (count + 1)
        total = run_of_days + a * math.log1p(caution * (run + edge) / b)
        surprises.append(usual.level_count * math.log1p(total / usual.level_count))
        lengths.append((surprises[-1], hours))
        seen += count
        expected_today += rate
        a, b = shape + seen, shape + expected_today
        a = min(a, 1.25 * b)
        run, run_of_days, hours = edge, 0.0, 0
    return surprises, _longest(lengths)


def _longest(lengths: Sequence[tuple[float, int]]) -> float:
    """Return the hours of the longest silence, without those that were outages."""
    usual = sorted(lengths)[: -MAX_OUTAGES or None]
    return max((hours for _, hours in usual), default=0)


def _by_chance(gaps: float) -> float:
    """Return the surprise that one of so many gaps reaches, if all are as by chance."""
    return math.log(max(gaps, math.e))


def _scale(surprises: Sequence[float], sessions: float, a_week: float) -> float:
    """Return how much more surprise is to be asked for than by chance alone.

    By chance alone, surprises beyond any bound exceed it by 1 in the mean; here those of
    this agent may exceed it by more.
    """
    by_chance = _by_chance(a_week * WEEKS_A_YEAR / ALLOWED_A_YEAR)
    bound = max(MIN_SURPRISE, math.log(max(sessions, 2)) / 2)
    beyond = sorted(one - bound for one in surprises if one > bound)
    outages = [one for one in beyond[-MAX_OUTAGES:] if one + bound > OUTAGE * by_chance]
    usual = beyond[: len(beyond) - len(outages)]
    excess = max(1.0, (sum(usual) + PRIOR_EXCESSES) / (len(usual) + PRIOR_EXCESSES))
    share = max(len(usual) / sessions, math.exp(-bound))
    above = _by_chance(a_week * WEEKS_A_YEAR * share / ALLOWED_A_YEAR)
    return max(1.0, (bound + excess * above) / by_chance)
