"""When an agent's conversations came, over four weeks: by day, and by hour of the week.

Counted by quarters of an hour, which every time zone keeps to, and laid onto the clock
on the organization's wall here: a day of 23 or 25 hours is one day.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from uuid import UUID

from django.db import connection

from conversations.bar_chart import Drawing, PlacedBar, place_bars
from conversations.models import Agent

DAYS = 28
LEVELS = 5
MIN_CALLS_TO_COMPARE = 20
WEEKDAYS = (
    *("Monday", "Tuesday", "Wednesday", "Thursday"),
    *("Friday", "Saturday", "Sunday"),
)

DRAWING = Drawing(step=20, gap=4, min_height=1.5, digits=1)


@dataclass(frozen=True, slots=True)
class Bar(PlacedBar):
    """A day, and where its bar is drawn."""

    day: date
    count: int
    is_today: bool


@dataclass(frozen=True, slots=True)
class Cell:
    """An hour of the week. level: 0 (none) to `LEVELS` (the busiest)."""

    hour: int
    count: int
    level: int


@dataclass(frozen=True, slots=True)
class Activity:
    """Four weeks of an agent's conversations.

    bars: `DAYS` of them up to today. hours: a row for each weekday from Monday.
    before: conversations in as many days before.
    """

    bars: list[Bar]
    hours: list[tuple[str, list[Cell]]]
    before: int

    @property
    def total(self) -> int:
        return sum(bar.count for bar in self.bars)

    @property
    def most(self) -> Bar:
        return max(self.bars, key=lambda bar: bar.count)

    @property
    def change(self) -> int | None:
        """Return per cent against as many days before; None where those had too few calls."""
        if self.before < MIN_CALLS_TO_COMPARE:
            return None
        return round(100 * (self.total - self.before) / self.before)

    @property
    def busiest(self) -> tuple[str, Cell]:
        weekday, cells = max(
            self.hours, key=lambda row: max(cell.count for cell in row[1])
        )
        return weekday, max(cells, key=lambda cell: cell.count)

    @property
    def width(self) -> int:
        return DRAWING.step * len(self.bars)


def activity_of(agent: Agent, now: datetime, zone: tzinfo) -> Activity:
    """Return when an agent's conversations came, read from the database."""
    today = now.astimezone(zone).date()
    first = today - timedelta(days=DAYS - 1)
    start = datetime.combine(first, time.min, tzinfo=zone)
    earlier = datetime.combine(first - timedelta(days=DAYS), time.min, tzinfo=zone)
    quarters, before = _count(agent, earlier, start, now)
    return activity_chart(quarters, before, today=today, zone=zone)


def activity_chart(
    quarters: dict[datetime, int], before: int, *, today: date, zone: tzinfo
) -> Activity:
    """Return the chart of the days up to today, by the clock of a time zone.

    quarters: how many calls came in each quarter of an hour, by its aware beginning.
    before: how many in as many days before.
    """
    days: Counter[date] = Counter()
    hours: Counter[tuple[int, int]] = Counter()
    for moment, count in quarters.items():
        local = moment.astimezone(zone)
        days[local.date()] += count
        hours[local.weekday(), local.hour] += count
    listed = [today - timedelta(days=ago) for ago in range(DAYS - 1, -1, -1)]
    return Activity(_bars(listed, days), _hours(hours), before)


def _bars(listed: list[date], days: Counter[date]) -> list[Bar]:
    most = max((days[day] for day in listed), default=0) or 1
    places = place_bars([days[day] for day in listed], most, DRAWING)
    return [
        Bar(*place, day=day, count=days[day], is_today=day == listed[-1])
        for place, day in zip(places, listed, strict=True)
    ]


def _hours(hours: Counter[tuple[int, int]]) -> list[tuple[str, list[Cell]]]:
    most = max(hours.values(), default=0)
    return [
        (
            name,
            [
                Cell(hour, count, -(-LEVELS * count // most) if most else 0)
                for hour in range(24)
                for count in [hours[weekday, hour]]
            ],
        )
        for weekday, name in enumerate(WEEKDAYS)
    ]


# Reads the index by agent alone.
_COUNT = """
    SELECT date_bin('15 minutes', created_at, 'epoch') AS quarter, count(*)
    FROM conversations_conversation
    WHERE agent_id = %(agent)s AND created_at >= %(start)s AND created_at <= %(now)s
    GROUP BY quarter
"""
_COUNT_BEFORE = """
    SELECT count(*) FROM conversations_conversation
    WHERE agent_id = %(agent)s AND created_at >= %(earlier)s AND created_at < %(start)s
"""


def _count(
    agent: Agent, earlier: datetime, start: datetime, now: datetime
) -> tuple[dict[datetime, int], int]:
    parameters: dict[str, UUID | datetime] = {
        "agent": agent.id,
        "earlier": earlier,
        "start": start,
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, parameters)
        quarters = dict(cursor.fetchall())
        cursor.execute(_COUNT_BEFORE, parameters)
        (before,) = cursor.fetchone()
    return quarters, before
