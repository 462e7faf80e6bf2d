"""Sessions of today by the hour, against what is usual, as a chart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from conversations.agents.week_picture import Band, DayHour, DaySoFar
from conversations.arrivals.week_hours import HOUR
from conversations.bar_chart import round_top
from conversations.formatting import thousands

# The drawing's own coordinates; the page stretches it.
STEP = 10
HEIGHT = 100

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Column:
    """An hour of the chart. x: where it begins. arrived: empty where it has not begun.

    usual: empty where that is not known. says: all of it, in words.
    """

    x: int
    clock: str
    arrived: str
    usual: str
    says: str
    is_now: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """The chart of a day: points of lines as SVG has them, from left to right.

    line: sessions by hour, of those that are over. dot: of the hour that is not over yet.
    band, middle: around what is usual, and that itself; empty where it is not known.
    top: what the upper edge stands for. answer: the sentence above it.
    """

    columns: Sequence[Column]
    line: str
    dot: Point | None
    band: str
    middle: str
    top: int
    answer: str
    is_unusual: bool

    @property
    def width(self) -> int:
        return STEP * len(self.columns)

    @property
    def version(self) -> str:
        """Return what changes when the chart does."""
        return f"{self.answer} {self.line} {self.dot} {self.band}"


def chart_of(day: DaySoFar, now: datetime, zone: tzinfo) -> Chart:
    """Return the chart of today, by the clock of a zone."""
    top = round_top(max(1, *(round(height) for height in _heights(day.hours))))
    begun = [
        _point(place, hour.arrived, top)
        for place, hour in enumerate(day.hours)
        if hour.arrived is not None
    ]
    known = [(place, hour.usual) for place, hour in enumerate(day.hours) if hour.usual]
    upper = [_point(place, band.high, top) for place, band in known]
    lower = [_point(place, band.low, top) for place, band in known]
    return Chart(
        columns=[_column(one, hour, now, zone) for one, hour in enumerate(day.hours)],
        line=_points(begun[:-1]),
        dot=begun[-1] if begun else None,
        band=_points([*upper, *lower[::-1]]),
        middle=_points(_point(place, band.usual, top) for place, band in known),
        top=top,
        answer=_answer(day),
        is_unusual=_is_unusual(day),
    )


def _answer(day: DaySoFar) -> str:
    text = f"{thousands(day.arrived)} session{'' if day.arrived == 1 else 's'} so far"
    if day.usual is None:
        return f"{text}."
    return f"{text}; {_between(day.usual)} by now {_is(day.usual)} usual."


def _is_unusual(day: DaySoFar) -> bool:
    if day.usual is None:
        return False
    return not _rounded(day.usual.low) <= day.arrived <= _rounded(day.usual.high)


def _between(band: Band) -> str:
    low, high = _rounded(band.low), _rounded(band.high)
    return thousands(low) if low == high else f"{thousands(low)} to {thousands(high)}"


def _rounded(value: float) -> int:
    """Return a number of two digits that count: nobody reads more, and it stays as it is
    for longer.
    """
    size = int(10 ** max(0, len(str(round(value))) - 2))
    return round(value / size) * size


def _is(band: Band) -> str:
    return "is" if _rounded(band.low) == _rounded(band.high) == 1 else "are"


def _heights(hours: Iterable[DayHour]) -> Iterator[float]:
    for hour in hours:
        yield hour.arrived or 0
        yield hour.usual.high if hour.usual else 0


def _point(place: int, value: float, top: int) -> Point:
    return place * STEP + STEP / 2, round(HEIGHT * (1 - min(value / top, 1)), 2)


def _points(points: Iterable[Point]) -> str:
    return " ".join(f"{x:g},{y:g}" for x, y in points)


def _column(place: int, hour: DayHour, now: datetime, zone: tzinfo) -> Column:
    clock = f"{hour.start.astimezone(zone):%H:%M}"
    is_now = hour.start <= now < hour.start + HOUR
    usual = _between(hour.usual) if hour.usual else ""
    said = []
    if hour.arrived is not None:
        said.append(f"{thousands(hour.arrived)} {'so far' if is_now else 'arrived'}")
    if usual:
        said.append(f"{usual} usual")
    return Column(
        x=place * STEP,
        clock=clock,
        arrived="" if hour.arrived is None else thousands(hour.arrived),
        usual=usual,
        says=f"{clock}: {', '.join(said)}" if said else clock,
        is_now=is_now,
    )
