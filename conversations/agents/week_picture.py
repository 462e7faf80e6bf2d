"""What is usual for an agent in each hour of its week, and an organization's day so far."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

from django.db import connection

from accounts.models import Organization
from conversations.agents.judgement import Judgement, judge_agents
from conversations.arrivals.learning import usual_of
from conversations.arrivals.past_hours import local_hours
from conversations.arrivals.silence import Usual
from conversations.arrivals.week_hours import HOUR, HOURS_A_DAY, day_start, hour_of_week
from conversations.models import Agent, ArrivalHistory

# Nine of ten hours are within the band.
BAND = 1.645
WEEK = timedelta(weeks=1)


@dataclass(frozen=True, slots=True)
class Band:
    """How many sessions are usual, and between which numbers nine of ten times."""

    usual: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class WeekHour:
    """An hour of the week. in_gap: the silence of now covers it, or a part."""

    hour: int
    band: Band
    in_gap: bool


@dataclass(frozen=True, slots=True)
class WeekPicture:
    """The usual week of an agent, and the silence of now in it.

    days: 7 from Monday, of 24 hours each. weeks: from how many it is known.
    """

    days: list[list[WeekHour]]
    weeks: float
    judgement: Judgement

    @property
    def a_week(self) -> float:
        """Return how many sessions a week are usual."""
        return sum(hour.band.usual for day in self.days for hour in day)

    @property
    def most(self) -> float:
        """Return the highest number that is usual in an hour, for the scale."""
        return max(hour.band.usual for day in self.days for hour in day)


def week_picture(
    agent: Agent, now: datetime, zone: tzinfo, judgement: Judgement | None = None
) -> WeekPicture | None:
    """Return the usual week of an agent; None where too little is known.

    judgement: its own of now, where the caller has it: one query, then.
    """
    row = ArrivalHistory.objects.filter(agent=agent).defer("counts").first()
    usual = usual_of(row) if row else None
    if usual is None:
        return None
    judgement = judgement or judge_agents([agent], now, zone)[agent.id]
    covered = set(_hours_since(judgement.silent_since or now, now, zone))
    days = [
        [
            WeekHour(hour, band_of(usual, rate), day * HOURS_A_DAY + hour in covered)
            for hour, rate in enumerate(
                usual.rates[day * HOURS_A_DAY : (day + 1) * HOURS_A_DAY]
            )
        ]
        for day in range(7)
    ]
    return WeekPicture(days, usual.weeks, judgement)


def band_of(usual: Usual, expected: float) -> Band:
    """Return the band of a number of sessions that is expected on one day."""
    spread = BAND * math.sqrt(expected + expected**2 / usual.day_shape)
    return Band(expected, max(0.0, expected - spread), expected + spread)


def _hours_since(since: datetime, now: datetime, zone: tzinfo) -> Iterator[int]:
    moment = max(since, now - WEEK + HOUR)
    while moment < now:
        yield hour_of_week(moment, zone)
        moment += HOUR
    if since < now:
        yield hour_of_week(now, zone)


@dataclass(frozen=True, slots=True)
class DayHour:
    """An hour of today. arrived: None where it has not begun. usual: None where too
    little is known.
    """

    start: datetime
    arrived: int | None
    usual: Band | None


@dataclass(frozen=True, slots=True)
class DaySoFar:
    """Sessions of an organization today, by the hour, against what is usual.

    arrived, usual: of all hours until now, the part of this hour that is over included.
    """

    hours: list[DayHour]
    arrived: int
    usual: Band | None


def day_so_far(organization: Organization, now: datetime, zone: tzinfo) -> DaySoFar:
    """Return the day so far of an organization, in two queries.

    What is counted by the hour is read from one row; what arrived since, an hour or so,
    from the conversations.
    """
    start, end = day_start(now, zone), day_start(now, zone, days=1)
    row = ArrivalHistory.objects.filter(organization=organization, agent=None).first()
    usual = usual_of(row) if row else None
    arrived = _arrived(organization, row, start, now)
    first = start.replace(minute=0)
    count = -(-(end - first) // HOUR)
    places, _ = local_hours(first, count, zone)
    hours, usual_by_now = [], 0.0
    for number, place in enumerate(places):
        hour = first + number * HOUR
        rate = usual.rates[place] if usual else 0.0
        usual_by_now += rate * min(max((now - hour) / HOUR, 0.0), 1.0)
        so_far = arrived.get(hour, 0) if hour <= now else None
        hours.append(DayHour(hour, so_far, band_of(usual, rate) if usual else None))
    total = band_of(usual, usual_by_now) if usual else None
    return DaySoFar(hours, sum(arrived.values()), total)


_SINCE = """
    SELECT date_trunc('hour', created_at, 'UTC') AS hour, count(*)
    FROM conversations_conversation
    WHERE organization_id = %s AND created_at >= %s AND created_at <= %s AND NOT is_test
    GROUP BY hour
"""


def _arrived(
    organization: Organization,
    row: ArrivalHistory | None,
    start: datetime,
    now: datetime,
) -> dict[datetime, int]:
    """Return the sessions since a moment by the hour, UTC."""
    known: dict[datetime, int] = {}
    first = start.astimezone(UTC).replace(minute=0)
    counted = first
    if row and row.learnt_until > first and not row.is_stale:
        counted = row.learnt_until
        place = max(0, (first - row.first_hour) // HOUR)
        for number, count in enumerate(row.counts[place:], place):
            if count:
                known[row.first_hour + number * HOUR] = count
    with connection.cursor() as cursor:
        cursor.execute(_SINCE, [organization.pk, counted, now])
        return known | dict(cursor.fetchall())
