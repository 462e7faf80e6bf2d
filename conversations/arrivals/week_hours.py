"""The hours of a usual week by the organization's clock, walked by the clock of the world."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo

HOURS_A_DAY = 24
HOURS_A_WEEK = 168
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
# Beyond this nobody asks when.
HORIZON = timedelta(days=60)

Interval = tuple[datetime, datetime]
# Sessions an hour in each of the 168 hours of a local week, from Monday 0:00.
Rates = Sequence[float]


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of one hour; rate: sessions an hour that are usual in it."""

    start: datetime
    end: datetime
    rate: float

    @property
    def expected(self) -> float:
        return self.rate * ((self.end - self.start) / HOUR)


def day_start(moment: datetime, zone: tzinfo, days: int = 0) -> datetime:
    """Return the beginning of the local day, so many days on, in UTC."""
    day = moment.astimezone(zone).date() + timedelta(days=days)
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


def hour_of_week(moment: datetime, zone: tzinfo) -> int:
    """Return the hour of the local week, from Monday 0:00."""
    local = moment.astimezone(zone)
    return local.weekday() * HOURS_A_DAY + local.hour


def pieces(
    rates: Rates,
    start: datetime,
    end: datetime,
    zone: tzinfo,
    left_out: Sequence[Interval] = (),
) -> Iterator[Piece]:
    """Yield the time between two moments of one local day in parts of at most an hour.

    left_out: times in which nothing could arrive; they are skipped.
    """
    offset = _offset(start, zone)
    is_steady = offset == _offset(end, zone)
    while start < end:
        if not is_steady:
            offset = _offset(start, zone)
        wall = start + offset
        into = timedelta(
            minutes=wall.minute, seconds=wall.second, microseconds=wall.microsecond
        )
        until = min(end, start + HOUR - into)
        rate = rates[wall.weekday() * HOURS_A_DAY + wall.hour]
        for piece_start, piece_end in without((start, until), left_out):
            yield Piece(piece_start, piece_end, rate)
        start = until


def without(interval: Interval, left_out: Sequence[Interval]) -> list[Interval]:
    """Return what is left of an interval.

    left_out: in the order of their beginnings.
    """
    start, end = interval
    left = []
    for out_start, out_end in left_out:
        if out_end <= start or out_start >= end:
            continue
        if out_start > start:
            left.append((start, out_start))
        start = max(start, out_end)
    if start < end:
        left.append((start, end))
    return left


def expected_between(
    rates: Rates,
    start: datetime,
    end: datetime,
    zone: tzinfo,
    left_out: Sequence[Interval] = (),
) -> float:
    """Return how many sessions are usual between two moments."""
    expected = 0.0
    days = [
        sum(rates[day * HOURS_A_DAY : (day + 1) * HOURS_A_DAY])
        for day in range(HOURS_A_WEEK // HOURS_A_DAY)
    ]
    while start < end:
        midnight = day_start(start, zone, days=1)
        if midnight - start == DAY and midnight <= end and not left_out:
            expected += days[start.astimezone(zone).weekday()]
        else:
            until = min(end, midnight)
            here = pieces(rates, start, until, zone, left_out)
            expected += sum(piece.expected for piece in here)
        start = midnight
    return expected


def moment_after(
    rates: Rates,
    start: datetime,
    expected: float,
    zone: tzinfo,
    left_out: Sequence[Interval] = (),
) -> datetime | None:
    """Return when so many sessions were to be expected after a moment; None where not
    within `HORIZON`.
    """
    end = start + HORIZON
    while start < end:
        until = day_start(start, zone, days=1)
        here = Walk(list(pieces(rates, start, until, zone, left_out)))
        if moment := here.moment(expected):
            return moment
        expected -= here.expected
        start = until
    return None


class Walk:
    """The pieces of a day, one after another."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self.pieces = pieces
        self.expected = sum(piece.expected for piece in pieces)

    def moment(self, expected: float) -> datetime | None:
        """Return when so many sessions were expected; None where not on this day."""
        if expected > self.expected:
            return None
        for piece in self.pieces:
            if expected <= piece.expected and piece.rate:
                return piece.start + max(expected, 0.0) / piece.rate * HOUR
            expected -= piece.expected
        return None


def _offset(moment: datetime, zone: tzinfo) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta(0)
