from datetime import UTC, datetime, timedelta

import pytest

from conversations.rhythm import State, rhythms
from conversations.silence import (
    SHORTEST_SILENCE,
    SHORTEST_SILENCE_OF_A_NEWCOMER,
    is_unusual,
    same_hours_before,
    usual,
)

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)  # a Sunday
HOUR = timedelta(hours=1)


def every(gap, count, last=NOW):
    return [last - gap * number for number in range(count)]


def test_patience_is_thrice_what_is_usual():
    found = usual(every(2 * HOUR, 50))
    assert found.gap == 2 * HOUR
    assert found.patience == 6 * HOUR


def test_one_long_gap_in_twenty_is_not_what_is_usual():
    arrivals = every(HOUR, 30) + every(HOUR, 30, last=NOW - 100 * HOUR)
    assert usual(arrivals).gap == HOUR


def test_nobody_is_silent_for_minutes():
    assert usual(every(timedelta(seconds=5), 100)).patience == SHORTEST_SILENCE


def test_of_a_newcomer_little_is_known():
    found = usual([NOW])
    assert found.gap is None
    assert found.patience == SHORTEST_SILENCE_OF_A_NEWCOMER


def test_only_the_weeks_it_worked_in_are_compared():
    last, first = NOW - 10 * HOUR, NOW - timedelta(days=15)
    assert len(same_hours_before(last, NOW, first)) == 2
    assert same_hours_before(NOW - timedelta(days=8), NOW, first) == []


def test_hours_that_are_always_quiet_are_nothing_to_look_at():
    assert not is_unusual([0, 1, 0])
    assert is_unusual([8, 9, 10])
    assert is_unusual([])


@pytest.fixture
def office(make_agent, make_conversation):
    """Calls every half hour, Monday to Friday from 8 to 17, for four weeks."""
    agent = make_agent(created_at=NOW - timedelta(days=60))
    moment = NOW - timedelta(days=30)
    while moment < NOW:
        if moment.weekday() < 5 and 8 <= moment.hour < 17:
            make_conversation(agent=agent, created_at=moment)
        moment += HOUR / 2
    return agent


@pytest.mark.parametrize(
    ("now", "state"),
    [
        (NOW - timedelta(days=2) + 4 * HOUR + HOUR / 2, State.ACTIVE),  # Friday 16:30
        (NOW, State.ACTIVE),  # Sunday noon
        (NOW + 20 * HOUR, State.ACTIVE),  # Monday at 8
        (NOW + 27 * HOUR, State.QUIET),  # Monday at 15, and nobody called
        (NOW + timedelta(days=9), State.QUIET),
        (NOW + timedelta(days=40), State.DORMANT),
    ],
)
def test_an_office_may_rest_at_night_and_on_weekends(office, now, state):
    assert rhythms([office], now)[office.id].state is state


def test_an_agent_that_was_never_called_is_new(make_agent):
    agent = make_agent()
    found = rhythms([agent], NOW)[agent.id]
    assert (found.state, found.last_session_at, found.week) == (State.NEW, None, 0)
