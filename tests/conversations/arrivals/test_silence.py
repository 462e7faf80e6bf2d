"""How surprising a silence is, and from when on it counts."""

import math
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conversations.arrivals import silence
from conversations.arrivals.silence import Recent, Usual, recent_of
from conversations.arrivals.week_hours import HOUR, day_start, expected_between

BERLIN = ZoneInfo("Europe/Berlin")
INDIA = ZoneInfo("Asia/Kolkata")
MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
DAY = timedelta(days=1)
ALWAYS = (6.0,) * 168
OFFICE = tuple(
    10.0 if hour // 24 < 5 and 8 <= hour % 24 < 18 else 0.0 for hour in range(168)
)


def usual(rates=ALWAYS, **fields):
    """What is known for sure, where no field says otherwise."""
    known = {
        "weeks": 1e6,
        "day_shape": 1e6,
        "level_count": 1e6,
        "threshold": 10.0,
        "overnight": 7.0,
    }
    return Usual(tuple(rates), **known | fields)


def silent_at(*given) -> datetime:
    found = silence.silent_at(*given)
    assert found
    return found


def since(last, count=0, zone=UTC):
    return Recent(last, day_start(last, zone), count)


def test_on_days_that_never_differ_it_is_the_number_that_was_expected():
    last = MONDAY + 10 * HOUR
    surprise = silence.surprise_at(usual(), since(last), last + HOUR, UTC)
    assert surprise == pytest.approx(6, rel=0.001)
    assert silent_at(usual(), since(last), UTC) - last == pytest.approx(
        timedelta(minutes=100), abs=timedelta(seconds=1)
    )


def test_closed_hours_add_nothing():
    friday = MONDAY + 4 * DAY + 17.9 * HOUR
    at = silent_at(usual(OFFICE), since(friday), UTC)
    assert at - (MONDAY + 7 * DAY + 8 * HOUR) == pytest.approx(
        timedelta(minutes=42), abs=timedelta(seconds=5)
    )


def test_fewer_silences_go_on_into_another_day_so_less_is_asked_of_them():
    last = MONDAY + 23.75 * HOUR
    at = silent_at(usual(), since(last), UTC)
    assert at - (MONDAY + DAY) == pytest.approx(
        timedelta(minutes=70), abs=timedelta(seconds=1)
    )


def test_days_that_differ_ask_for_more():
    last = MONDAY + 10 * HOUR
    steady = silent_at(usual(), since(last, 60), UTC)
    differing = silent_at(usual(day_shape=6.0), since(last, 60), UTC)
    unknown = silent_at(usual(weeks=1.0), since(last, 60), UTC)
    assert steady < differing < unknown


def test_what_came_today_says_how_busy_today_is():
    last = MONDAY + 10 * HOUR
    slow, normal, busy = (
        silent_at(usual(day_shape=6.0), since(last, count), UTC)
        for count in (10, 60, 70)
    )
    assert busy < normal < slow


def test_nobody_is_silent_for_minutes():
    last = MONDAY + 10 * HOUR
    at = silent_at(usual((1000.0,) * 168), since(last, 9000), UTC)
    assert at == last + silence.MIN_SILENCE


def test_an_agent_without_calls_is_never_silent():
    assert silence.silent_at(usual((0.0,) * 168), since(MONDAY), UTC) is None


def test_two_weeks_with_enough_expected_are_silence_however_its_days_differ():
    slow = usual((0.05,) * 168, day_shape=0.3, level_count=3.0, threshold=30.0)
    at = silent_at(slow, since(MONDAY), UTC)
    assert at == MONDAY + silence.FORTNIGHT
    rare = usual((0.05,) * 168, day_shape=0.3, level_count=3.0, longest=20 * 24.0)
    assert silence.silent_at(rare, since(MONDAY), UTC) == MONDAY + 24 * DAY


@pytest.mark.parametrize(
    "sunday",
    [datetime(2026, 10, 25, tzinfo=BERLIN), datetime(2027, 3, 28, tzinfo=BERLIN)],
)
def test_a_clock_change_moves_nothing(sunday):
    """An hour that is there twice counts twice, one that is left out does not."""
    start = sunday.astimezone(UTC)
    end = day_start(start, BERLIN, days=1)
    hours = (end - start) / HOUR
    assert hours in (23, 25)
    assert expected_between(ALWAYS, start, end, BERLIN) == 6 * hours
    for before in (start - HOUR, start + HOUR / 2, start + 1.9 * HOUR):
        at = silent_at(usual(overnight=10.0), since(before, zone=BERLIN), BERLIN)
        assert at - before == pytest.approx(
            timedelta(minutes=100), abs=timedelta(seconds=1)
        )


def test_an_office_is_due_at_eight_by_the_wall_on_both_sides_of_a_clock_change():
    for day in (19, 26):
        eight = datetime(2026, 10, day, 8, tzinfo=BERLIN).astimezone(UTC)
        at = silent_at(usual(OFFICE), since(eight - 15 * HOUR, zone=BERLIN), BERLIN)
        assert at - eight == pytest.approx(
            timedelta(minutes=42), abs=timedelta(seconds=5)
        )


def test_zones_with_half_hours_have_their_hours():
    eight = datetime(2026, 11, 23, 8, tzinfo=INDIA).astimezone(UTC)
    assert expected_between(OFFICE, eight - HOUR, eight, INDIA) == 0
    assert expected_between(OFFICE, eight, eight + HOUR, INDIA) == 10


def test_what_is_left_out_adds_nothing():
    last = MONDAY + 10 * HOUR
    away = (last + HOUR, last + 3 * HOUR)
    at = silent_at(usual(), since(last), UTC, [away])
    assert at - last == pytest.approx(timedelta(minutes=220), abs=timedelta(seconds=1))


def test_only_todays_sessions_say_how_busy_today_is():
    last = MONDAY + 10 * HOUR
    few = recent_of([last, last - HOUR, last - 11 * HOUR], UTC)
    assert (few.since, few.count) == (MONDAY, 2)
    many = [last - number * HOUR / 60 for number in range(silence.MAX_RECENT)]
    assert recent_of(many, UTC) == Recent(last, many[-1], silence.MAX_RECENT - 1)


moments = st.integers(0, 14 * 24 * 60).map(lambda at: MONDAY + timedelta(minutes=at))
rates = st.lists(st.floats(0, 100), min_size=168, max_size=168)


@given(rates, moments, st.integers(0, 64), st.floats(0.3, 40), st.floats(3, 500))
def test_no_silence_counts_before_it_can(rates, last, count, shape, level):
    """Whenever somebody looks, whatever came before: the next look is early enough."""
    agent = usual(rates, weeks=3.0, day_shape=shape, level_count=level)
    at = silence.silent_at(agent, since(last, count), UTC)
    soonest = silence.soonest(agent, last, UTC)
    assert at is None or soonest <= at + timedelta(seconds=1)
    assert soonest >= last + silence.MIN_SILENCE


@given(rates, moments, st.integers(0, 64), st.floats(0.3, 40))
def test_it_grows_with_time_and_counts_where_it_is_above(rates, last, count, shape):
    agent = usual(rates, day_shape=shape, overnight=10.0)
    recent = since(last, count)
    at = silence.silent_at(agent, recent, UTC)
    before = 0.0
    for hours in (1, 5, 20, 60):
        surprise = silence.surprise_at(agent, recent, last + hours * HOUR, UTC)
        assert surprise >= before - 1e-9
        before = surprise
    if at and silence.MIN_SILENCE < at - last < silence.FORTNIGHT:
        surprise = silence.surprise_at(agent, recent, at, UTC)
        assert math.isclose(surprise, 10.0, rel_tol=0.01)
