"""The chart of today: a line over the band of what is usual."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from conversations.agents.week_picture import Band, DayHour, DaySoFar
from home.today import Chart, chart_of

MIDNIGHT = datetime(2026, 11, 27, tzinfo=UTC)
NOW = MIDNIGHT + timedelta(hours=3, minutes=30)


def day(
    arrived: list[int],
    usual: Band | None = None,
    total: Band | None = None,
    *,
    hours: int = 24,
    start: datetime = MIDNIGHT,
) -> DaySoFar:
    return DaySoFar(
        [
            DayHour(
                start + timedelta(hours=number),
                arrived[number] if number < len(arrived) else None,
                usual,
            )
            for number in range(hours)
        ],
        sum(arrived),
        total,
    )


def chart(*args: object, **values: object) -> Chart:
    return chart_of(day(*args, **values), NOW, UTC)  # type: ignore[arg-type]


def test_the_line_has_the_hours_that_are_over_and_the_dot_this_one() -> None:
    drawn = chart([4, 0, 2, 1])
    assert drawn.top == 4
    assert drawn.line == "5,0 15,100 25,50"
    assert drawn.dot == (35.0, 75.0)
    assert drawn.band == drawn.middle == ""
    assert drawn.width == 240


def test_the_band_goes_there_above_and_back_below() -> None:
    drawn = chart([2], Band(usual=2, low=1, high=4), hours=2)
    assert drawn.band == "5,0 15,0 15,75 5,75"
    assert drawn.middle == "5,50 15,50"


def test_the_scale_fits_what_came_and_what_is_usual() -> None:
    assert chart([7], Band(2, 1, 3)).top == 8
    assert chart([1], Band(20, 10, 33.4)).top == 40
    assert chart([0]).top == 1


@pytest.mark.parametrize(
    ("arrived", "total", "text"),
    [
        (0, None, "0 sessions so far."),
        (1, None, "1 session so far."),
        (2000, None, "2,000 sessions so far."),
        (
            214,
            Band(225, 190.2, 259.6),
            "214 sessions so far; 190 to 260 by now are usual.",
        ),
        (3, Band(0, 0, 0), "3 sessions so far; 0 by now are usual."),
        (1, Band(1, 0.6, 1.4), "1 session so far; 1 by now is usual."),
        (
            2006,
            Band(2062, 1521.1, 2604.5),
            "2,006 sessions so far; 1,500 to 2,600 by now are usual.",
        ),
    ],
)
def test_it_says_how_many_came_and_are_usual(
    arrived: int, total: Band | None, text: str
) -> None:
    assert chart([arrived], total=total).answer == text


@pytest.mark.parametrize(
    ("arrived", "is_unusual"), [(9, True), (10, False), (20, False), (21, True)]
)
def test_it_tells_what_is_unusual(arrived: int, is_unusual: bool) -> None:
    assert chart([arrived], total=Band(15, 10, 20)).is_unusual is is_unusual


def test_where_nothing_is_known_nothing_is_unusual() -> None:
    assert not chart([0]).is_unusual


def test_each_hour_says_what_it_stands_for() -> None:
    said = [column.says for column in chart([4, 0, 2, 1], Band(2, 1, 3)).columns]
    assert said[0] == "00:00: 4 arrived, 1 to 3 usual"
    assert said[3] == "03:00: 1 so far, 1 to 3 usual"
    assert said[4] == "04:00: 1 to 3 usual"
    assert [column.says for column in chart([4]).columns][5] == "05:00"


@pytest.mark.parametrize(
    ("start", "hours", "clocks"),
    [
        # Clocks go back: 2 o'clock comes twice. And forward: it does not come.
        (datetime(2026, 10, 24, 22, tzinfo=UTC), 25, ["02:00", "02:00", "03:00"]),
        (datetime(2026, 3, 28, 23, tzinfo=UTC), 23, ["03:00", "04:00", "05:00"]),
    ],
)
def test_a_day_on_which_clocks_change_has_its_own_hours(
    start: datetime, hours: int, clocks: list[str]
) -> None:
    zone = ZoneInfo("Europe/Berlin")
    drawn = chart_of(day([1], hours=hours, start=start), start, zone)
    assert [column.clock for column in drawn.columns][2:5] == clocks
    assert drawn.columns[0].clock == "00:00"
    assert drawn.columns[-1].clock == "23:00"


def test_its_version_changes_with_what_it_shows() -> None:
    assert chart([4, 1]).version == chart([4, 1]).version
    assert chart([4, 1]).version != chart([4, 2]).version
    assert chart([4]).version != chart([4], total=Band(1, 0, 9)).version
