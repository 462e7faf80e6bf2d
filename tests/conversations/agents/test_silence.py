from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from conversations.agents import silence
from conversations.agents.arrival_rates import State, arrival_rates, usual_hour
from conversations.agents.silence import (
    MIN_SILENCE_OF_A_NEWCOMER,
    around_this_hour,
    compared,
    gap_around,
    patience_of_a_newcomer,
    weeks_before,
)

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)  # a Sunday
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
LONG_AGO = NOW - 90 * DAY
BERLIN = ZoneInfo("Europe/Berlin")


def every(gap, count, last=NOW):
    return [last - gap * number for number in range(count)]


def state_of(agent, now, zone=UTC):
    return arrival_rates([agent], now, zone)[agent.id].state


@pytest.fixture
def calls(make_agent, make_conversation):
    """`calls(moments)`: an agent with a session at each."""

    def make(moments):
        agent = make_agent()
        for moment in moments:
            make_conversation(agent=agent, created_at=moment)
        return agent

    return make


def test_a_newcomers_patience_is_thrice_what_is_usual():
    assert patience_of_a_newcomer(every(2 * HOUR, 50)) == 6 * HOUR


def test_one_long_gap_in_twenty_is_not_what_is_usual():
    arrivals = every(HOUR, 30) + every(HOUR, 30, last=NOW - 100 * HOUR)
    assert patience_of_a_newcomer(arrivals) == 3 * HOUR


def test_a_newcomer_is_not_silent_for_minutes():
    quick = every(timedelta(seconds=5), 100)
    assert patience_of_a_newcomer(quick) == MIN_SILENCE_OF_A_NEWCOMER


def test_of_one_session_little_is_known():
    assert patience_of_a_newcomer([NOW]) is None


def test_only_the_weeks_it_worked_in_are_compared():
    last, first = NOW - 10 * HOUR, NOW - 15 * DAY
    found = compared(first, last, NOW, UTC)
    assert found
    assert found.by_hour
    assert found.intervals == [
        (last - 7 * DAY, NOW - 7 * DAY),
        (last - 14 * DAY, NOW - 14 * DAY),
    ]
    assert compared(NOW - 3 * DAY, last, NOW, UTC) is None


def test_silence_of_over_a_week_is_compared_with_the_mean_before():
    last = NOW - 14 * DAY
    found = compared(LONG_AGO, last, NOW, UTC)
    assert found
    assert not found.by_hour
    assert (found.intervals, found.weight) == ([(last - 28 * DAY, last)], 0.5)


def test_the_same_hour_a_week_before_a_clock_change_is_that_on_the_wall():
    # The clock was set back on 25 October 2026 at 3:00.
    monday = datetime(2026, 10, 26, 8, 0, tzinfo=UTC)  # 9:00 in Berlin
    before = weeks_before(monday, 1, BERLIN).astimezone(UTC)
    assert before == datetime(2026, 10, 19, 7, 0, tzinfo=UTC)  # 9:00 as well


def test_an_hour_that_a_clock_change_left_out_is_no_fault():
    sunday = datetime(2026, 4, 5, 2, 30, tzinfo=BERLIN)
    before = weeks_before(sunday, 1, BERLIN)
    assert before.astimezone(UTC).date().isoformat() == "2026-03-29"


def test_the_gap_around_an_hour_is_the_mean_of_its_weeks():
    weeks = around_this_hour(LONG_AGO, NOW, UTC)
    assert weeks[0] == (NOW - 7 * DAY - HOUR, NOW - 7 * DAY + HOUR)
    assert len(weeks) == 4
    assert gap_around([10, 10, 10, 10]) == timedelta(minutes=12)
    assert gap_around([1, 0, 0, 1]) is None
    assert around_this_hour(NOW - 2 * DAY, NOW, UTC) == []


@pytest.fixture
def office(calls):
    """Calls every half hour, Monday to Friday from 8 to 17, for four weeks."""
    start = NOW - 30 * DAY
    moments = [start + HOUR / 2 * step for step in range(30 * 48)]
    return calls(
        moment for moment in moments if moment.weekday() < 5 and 8 <= moment.hour < 17
    )


@pytest.mark.parametrize(
    ("now", "state"),
    [
        (NOW - 2 * DAY + 4.5 * HOUR, State.ACTIVE),  # Friday 16:30
        (NOW, State.ACTIVE),  # Sunday noon
        (NOW + 20 * HOUR, State.ACTIVE),  # Monday at 8
        (NOW + 22 * HOUR, State.ACTIVE),  # Monday at 10, a late start
        (NOW + 25 * HOUR, State.QUIET),  # Monday at 13, and nobody called
        (NOW + 30 * HOUR, State.QUIET),
        (NOW + 9 * DAY, State.QUIET),
        (NOW + 40 * DAY, State.DORMANT),
    ],
)
def test_an_office_may_rest_at_night_and_on_weekends(office, now, state):
    assert state_of(office, now) is state


def test_a_weekday_afternoon_without_calls_is_told_within_hours(calls):
    """A night is a long gap, but no reason to wait for so long by day."""
    start = NOW - 28 * DAY
    moments = [start + timedelta(minutes=12) * step for step in range(28 * 120)]
    day_only = [one for one in moments if 8 <= one.hour < 18]
    tuesday = datetime(2026, 11, 17, 14, 0, tzinfo=UTC)
    agent = calls(one for one in day_only if one <= tuesday - 3 * HOUR)
    rhythm = arrival_rates([agent], tuesday, UTC)[agent.id]
    assert rhythm.state is State.QUIET
    assert rhythm.expected == 15
    usual = usual_hour(agent, rhythm, tuesday, UTC)
    assert usual
    assert (usual.gap, usual.weekday, usual.clock) == (
        timedelta(minutes=12),
        "Tuesday",
        "14:00",
    )


def test_the_hour_is_that_of_the_organization(calls):
    agent = calls(every(HOUR, 24 * 30))
    rhythm = arrival_rates([agent], NOW, BERLIN)[agent.id]
    late = datetime(2026, 11, 22, 22, 40, tzinfo=UTC)  # 23:40 in Berlin
    usual = usual_hour(agent, rhythm, late, BERLIN)
    assert usual
    assert (usual.weekday, usual.clock) == ("Monday", "00:00")


def test_an_agent_that_is_called_twice_a_day_may_be_silent_for_one(calls):
    agent = calls(every(12 * HOUR, 60))
    assert state_of(agent, NOW + 30 * HOUR) is State.ACTIVE
    assert state_of(agent, NOW + 4 * DAY) is State.QUIET


def test_one_call_in_ten_days_is_no_rhythm_to_be_held_to(calls):
    agent = calls(every(10 * DAY, 9))
    assert state_of(agent, NOW + 20 * DAY) is State.ACTIVE


def test_after_a_few_sessions_nobody_waits_for_the_next(calls):
    agent = calls(every(HOUR, 3))
    assert state_of(agent, NOW + 5 * HOUR) is State.ACTIVE
    assert state_of(agent, NOW + 5 * DAY) is State.IDLE


def test_after_a_test_session_nobody_waits_for_the_next(make_agent, make_conversation):
    agent = make_agent()
    for minutes in range(20):
        moment = NOW - timedelta(minutes=minutes)
        make_conversation(agent=agent, created_at=moment, is_test=True)
    assert state_of(agent, NOW + 5 * HOUR) is State.ACTIVE
    assert state_of(agent, NOW + 5 * DAY) is State.IDLE


def test_no_more_is_counted_than_matters(calls, monkeypatch):
    monkeypatch.setattr("conversations.agents.session_counts.MAX_COUNTED", 3)
    agent = calls(every(HOUR, 24 * 30))
    rhythm = arrival_rates([agent], NOW + 50 * HOUR, UTC)[agent.id]
    assert rhythm.expected == 3
    assert silence.EXPECTED_SESSIONS > 3


def test_an_agent_without_a_session_is_new(make_agent):
    agent = make_agent()
    found = arrival_rates([agent], NOW, UTC)[agent.id]
    assert (found.state, found.last_session_at, found.week) == (State.NEW, None, 0)
