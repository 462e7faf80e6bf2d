"""The hours of an agent's past by the organization's clock."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from statistics import median

from conversations.arrivals.week_hours import HOUR, HOURS_A_DAY, HOURS_A_WEEK, Interval

MAX_WEEKS = 13
DAYS_A_WEEK = 7
# Of a day on which this many are usual, hardly any is less than this share of them.
MIN_ON_A_DAY = 10
CLOSED_BELOW = 0.15
MAX_TIMES_THE_MEDIAN = 2.0
MAX_OVER_THE_MEDIAN = 3.0
# A restart takes nothing of an hour that would matter.
MIN_ABSENCE = timedelta(minutes=5)
HALF_AN_HOUR = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class PastHours:
    """Sessions by the hour, the oldest first.

    hours: the hour of the local week of each. days: the ordinal of its local day. known:
    the places that say something.
    """

    counts: Sequence[float]
    hours: Sequence[int]
    days: Sequence[int]
    known: Sequence[int]

    @property
    def sessions(self) -> float:
        """Return how many there were, in the hours that say something."""
        return sum(self.counts[place] for place in self.known)

    def busy_days(self) -> set[int]:
        """Return the days on which sessions arrived."""
        return {self.days[place] for place in self.known if self.counts[place]}

    def by_hour_of_week(self) -> list[list[tuple[int, float]]]:
        """Return for each hour of the week how many weeks ago it was, and its sessions."""
        found: list[list[tuple[int, float]]] = [[] for _ in range(HOURS_A_WEEK)]
        last = len(self.counts) - 1
        for place in self.known:
            found[self.hours[place]].append(
                ((last - place) // HOURS_A_WEEK, self.counts[place])
            )
        return found


def past_hours(
    counts: Sequence[int],
    first_hour: datetime,
    zone: tzinfo,
    absences: Sequence[Interval] = (),
    closed: Collection[int] = frozenset(),
) -> PastHours:
    """Return the newest hours by the clock of a zone.

    absences: times in which nothing could arrive. closed: ordinals of the local days on
    which the whole organization was closed. Those say nothing, nor do the agent's own.
    """
    begin = max(0, len(counts) - MAX_WEEKS * HOURS_A_WEEK)
    counts, first_hour = counts[begin:], first_hour + begin * HOUR
    hours, days = local_hours(first_hour, len(counts), zone)
    silent = {*closed, *closed_days(counts, days)}
    away = _places(absences, first_hour, len(counts))
    known = [
        place
        for place, day in enumerate(days)
        if day not in silent and place not in away
    ]
    return PastHours(counts, hours, days, known)


def without_bursts(past: PastHours) -> PastHours:
    """Return the same with no hour above a few times the median of its hour of the week:
    a campaign is not what is usual.
    """
    most = [
        MAX_TIMES_THE_MEDIAN * median([count for _, count in values] or [0])
        + MAX_OVER_THE_MEDIAN
        for values in past.by_hour_of_week()
    ]
    counts = [
        min(count, most[hour])
        for count, hour in zip(past.counts, past.hours, strict=True)
    ]
    return replace(past, counts=counts)


def closed_days(counts: Sequence[int], days: Sequence[int]) -> set[int]:
    """Return the days that say nothing of what is usual: those on which hardly anything
    came, as on holidays and in outages. Where that was so twice on the same day of the
    week, in weeks in which others were as usual, it is usual by now, and it is the days
    before that say nothing.
    """
    totals: dict[int, int] = {}
    for count, day in zip(counts, days, strict=True):
        totals[day] = totals.get(day, 0) + count
    whole = sorted(totals)[1:-1]
    usual = {
        weekday: median(
            [totals[day] for day in whole if day % DAYS_A_WEEK == weekday] or [0]
        )
        for weekday in range(DAYS_A_WEEK)
    }
    closed = {
        day
        for day in whole
        if usual[day % DAYS_A_WEEK] >= MIN_ON_A_DAY
        and totals[day] < CLOSED_BELOW * usual[day % DAYS_A_WEEK]
    }
    for newest in whole[-DAYS_A_WEEK:]:
        if {newest, newest - DAYS_A_WEEK} <= closed and any(
            day in totals and day not in closed
            for day in range(newest - DAYS_A_WEEK + 1, newest)
        ):
            same = {day for day in whole if (newest - day) % DAYS_A_WEEK == 0}
            closed ^= same
    return closed


def _places(absences: Sequence[Interval], first_hour: datetime, count: int) -> set[int]:
    """Return the places of the hours of which an absence took a part."""
    places: set[int] = set()
    for start, end in absences:
        if end - start < MIN_ABSENCE:
            continue
        first = max(0, (start - first_hour) // HOUR)
        places.update(range(first, min(count, (end - first_hour) // HOUR + 1)))
    return places


def local_hours(
    first_hour: datetime, count: int, zone: tzinfo
) -> tuple[list[int], list[int]]:
    """Return the hour of the local week and the ordinal of the local day of so many hours.

    An hour that lies on two counts for where its middle is.
    """
    hours: list[int] = []
    days: list[int] = []
    start = first_hour + HALF_AN_HOUR
    for place in range(0, count, HOURS_A_DAY):
        moment = start + place * HOUR
        last = min(HOURS_A_DAY, count - place)
        first = moment.astimezone(zone)
        is_steady = (
            first.utcoffset()
            == (moment + (last - 1) * HOUR).astimezone(zone).utcoffset()
        )
        day, hour = first.toordinal(), first.hour
        for number in range(last):
            if is_steady:
                later, of_day = divmod(hour + number, HOURS_A_DAY)
                ordinal = day + later
            else:
                local = (moment + number * HOUR).astimezone(zone)
                ordinal, of_day = local.toordinal(), local.hour
            days.append(ordinal)
            # The first day of the calendar, ordinal 1, was a Monday.
            hours.append((ordinal - 1) % 7 * HOURS_A_DAY + of_day)
    return hours, days
