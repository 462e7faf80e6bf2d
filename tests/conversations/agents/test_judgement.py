"""The judgement of agents, for pages and for alerts."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from conversations.agents import delivery_status
from conversations.agents.delivery_status import DeliveryStatus
from conversations.agents.judgement import (
    State,
    judge_agents,
    organization_quiet,
    overdue,
)
from conversations.agents.week_picture import day_so_far, week_picture
from conversations.arrivals.absences import note_absence
from conversations.arrivals.learning import learn_arrivals
from conversations.models import ArrivalHistory, Conversation

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 20, 14, 0, tzinfo=UTC)  # a Friday
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
FOUR_WEEKS = 28 * DAY


@pytest.fixture
def called(db, make_agent):
    """`called(every, last)`: an agent with a session so often for four weeks, up to then;
    by day only, where asked."""

    with connection.cursor() as cursor:
        # Nobody searches here.
        cursor.execute("ALTER TABLE conversations_conversation DISABLE TRIGGER USER")

    def make(
        every,
        last=NOW,
        *,
        agent=None,
        first=NOW - FOUR_WEEKS,
        hours=range(24),
        **fields,
    ):
        agent = agent or make_agent(**fields)
        count = (NOW - first) // every
        moments = [first + every * number for number in range(count + 1)]
        Conversation.objects.bulk_create(
            Conversation(
                organization=agent.organization,
                agent=agent,
                provider="livekit",
                external_id=f"{agent.external_id}-{moment}",
                created_at=moment,
            )
            for moment in moments
            if moment <= last and moment.hour in hours
        )
        return agent

    return make


def learn(now=NOW):
    assert not learn_arrivals(now, seconds=60)


def judged(agent, now, **given):
    return judge_agents([agent], now, UTC, **given)[agent.id]


def look_at_of(agent) -> datetime:
    moment = ArrivalHistory.objects.get(agent=agent).look_at
    assert moment
    return moment


def silent_ids(now, limit=100):
    return {one.agent_id for one in overdue(now, limit)}


def test_a_gap_that_comes_once_in_years_is_silence(called):
    agent = called(HOUR / 6, NOW - 3 * HOUR)
    learn()
    found = judged(agent, NOW)
    assert found.is_silent
    assert found.state is State.QUIET
    assert found.silent_since == NOW - 3 * HOUR
    assert NOW - 2 * HOUR < found.silent_at < NOW
    assert found.expected == pytest.approx(18, rel=0.1)
    assert found.usual_gap == pytest.approx(HOUR / 6, rel=0.1)
    assert found.learnt_weeks == pytest.approx(4, rel=0.1)


def test_an_hour_without_one_is_none_where_six_are_usual(called):
    agent = called(HOUR / 6, NOW - HOUR)
    learn()
    assert judged(agent, NOW).state is State.ACTIVE


def test_a_night_is_no_silence_and_a_morning_without_calls_is(called):
    agent = called(HOUR / 6, NOW - 16 * HOUR, hours=range(8, 18))
    learn()
    assert judged(agent, NOW - 6.1 * HOUR).state is State.ACTIVE
    assert judged(agent, NOW).state is State.QUIET


def test_of_a_newcomer_too_little_is_known(make_agent, make_conversation):
    agent = make_agent()
    for minutes in range(30):
        make_conversation(agent=agent, created_at=NOW - timedelta(minutes=minutes))
    learn()
    assert judged(agent, NOW + 5 * HOUR).state is State.ACTIVE
    found = judged(agent, NOW + 2 * DAY)
    assert (found.state, found.expected, found.silent_at) == (State.IDLE, None, None)


def test_tests_are_no_sessions(called, make_conversation):
    agent = called(HOUR / 6, NOW - 3 * HOUR)
    make_conversation(agent=agent, created_at=NOW, is_test=True)
    learn()
    found = judged(agent, NOW + HOUR)
    assert found.is_silent
    assert found.last_session_at == NOW
    assert found.silent_since == NOW - 3 * HOUR


def test_after_four_weeks_it_is_dormant_and_without_a_session_new(called, make_agent):
    agent, new = called(HOUR), make_agent()
    learn()
    assert judged(agent, NOW + 29 * DAY).state is State.DORMANT
    assert judged(new, NOW).state is State.NEW


def test_a_time_in_which_zelto_was_away_is_nobodys_silence(called):
    agent = called(HOUR / 6, NOW - 3 * HOUR)
    note_absence(NOW - 3 * HOUR, NOW - HOUR / 2)
    learn()
    assert judged(agent, NOW).state is State.ACTIVE
    assert judged(agent, NOW + 3 * HOUR).is_silent


def test_who_is_expected_to_be_silent_is_not(called):
    agent = called(HOUR / 6, NOW - 3 * HOUR)
    learn()
    until = {agent.id: NOW + HOUR}
    assert not judged(agent, NOW, expected_silent_until=until).is_silent
    assert judged(agent, NOW + 4 * HOUR, expected_silent_until=until).is_silent


def test_a_volume_that_grew_is_what_is_usual(called):
    agent = called(HOUR / 2)
    called(HOUR / 2, agent=agent, first=NOW - 10 * DAY + HOUR / 4)
    learn()
    found = judged(agent, NOW)
    assert 2.9 < HOUR / found.usual_gap < 4.2


def test_a_round_tells_who_is_silent_and_nobody_else(called):
    silent, active = called(HOUR / 6, NOW - 3 * HOUR), called(HOUR / 6)
    retired = called(HOUR / 6, NOW - 3 * HOUR, retired_at=NOW)
    learn()
    assert silent_ids(NOW) == {silent.id}
    assert active.id != retired.id


def test_a_round_looks_only_at_those_whose_time_has_come(
    called, django_assert_num_queries
):
    called(HOUR / 6)
    learn()
    assert silent_ids(NOW) == set()
    with django_assert_num_queries(1):
        assert silent_ids(NOW + timedelta(minutes=20)) == set()
    assert silent_ids(NOW + 3 * HOUR)


def test_a_session_that_came_meanwhile_moves_the_time_on(called, make_conversation):
    agent = called(HOUR / 6)
    learn()
    silent_ids(NOW)
    look_at = look_at_of(agent)
    make_conversation(agent=agent, created_at=look_at - HOUR / 12)
    assert silent_ids(look_at) == set()
    assert look_at_of(agent) > look_at + HOUR / 2


def test_who_stays_silent_is_told_again_later_each_time(called):
    agent = called(HOUR / 6, NOW - 3 * HOUR)
    learn()
    now, waits = NOW, []
    for _ in range(4):
        assert silent_ids(now) == {agent.id}
        look_at = look_at_of(agent)
        waits.append(look_at - now)
        now = look_at
    assert waits == sorted(waits)
    assert waits[0] < HOUR < waits[-1] * 4


def test_what_is_stored_and_not_yet_processed_is_no_silence(called, monkeypatch):
    agent = called(HOUR / 6, NOW - 3 * HOUR)
    learn()
    answers = {agent.id: DeliveryStatus(stored_at=NOW)}
    monkeypatch.setattr(delivery_status, "_sources", [lambda agents: answers])
    assert silent_ids(NOW) == set()
    answers.clear()
    assert silent_ids(NOW + timedelta(minutes=1)) == {agent.id}


def test_no_more_are_judged_at_once_than_asked_for(called):
    for _ in range(3):
        called(HOUR / 6, NOW - 3 * HOUR)
    learn()
    found = [silent_ids(NOW, limit=2), silent_ids(NOW, limit=2)]
    assert [len(ids) for ids in found] == [2, 1]
    assert len(found[0] | found[1]) == 3


def test_a_holiday_is_one_silence_of_the_organization(called):
    morning = NOW.replace(hour=8)
    last = morning - 14 * HOUR
    agents = [called(HOUR / 6, last, hours=range(8, 18)) for _ in range(4)]
    learn(morning)
    now = morning + 4 * HOUR
    found = judge_agents(agents, now, UTC).values()
    assert organization_quiet(found, now)


def test_one_agent_that_is_silent_is_no_holiday(called):
    agents = [called(HOUR / 6, NOW - 3 * HOUR), *(called(HOUR / 6) for _ in range(3))]
    learn()
    found = judge_agents(agents, NOW, UTC).values()
    assert sum(one.is_silent for one in found) == 1
    assert not organization_quiet(found, NOW)


def test_a_day_on_which_all_were_closed_is_no_silence_the_day_after(called):
    """Of an agent that is called rarely it would only then be long enough."""
    closed_from = NOW.replace(hour=0) - DAY
    back = [called(HOUR / 6, closed_from, hours=range(8, 18)) for _ in range(3)]
    slow = called(HOUR, closed_from, hours=range(8, 18))
    for agent in back:
        Conversation.objects.create(
            organization=agent.organization,
            agent=agent,
            provider="livekit",
            external_id=f"back-{agent.id}",
            created_at=NOW.replace(hour=8, minute=5),
        )
    learn()
    row = ArrivalHistory.objects.get(agent=None)
    assert row.closed_days == [closed_from.date()]
    found = judged(slow, NOW)
    assert found.expected == pytest.approx(6, rel=0.2)
    assert not found.is_silent


def test_pages_ask_as_often_for_50_agents_as_for_2(
    called, django_assert_num_queries, make_agent
):
    agents = [called(6 * HOUR, NOW - 9 * DAY) for _ in range(2)]
    learn()
    with django_assert_num_queries(4):
        judge_agents(agents, NOW, UTC)
    agents += [called(DAY, NOW - 9 * DAY) for _ in range(48)]
    learn(NOW + HOUR)
    with django_assert_num_queries(4):
        judge_agents(agents, NOW + HOUR, UTC)


def test_the_week_of_an_agent_shows_its_hours_and_the_silence(
    called, django_assert_num_queries
):
    agent = called(HOUR / 6, NOW - 3 * HOUR, hours=range(8, 18))
    learn()
    own = judged(agent, NOW)
    with django_assert_num_queries(1):
        picture = week_picture(agent, NOW, UTC, own)
    assert picture
    friday = picture.days[4]
    assert friday[7].band.usual == 0
    assert friday[9].band.usual == pytest.approx(6, rel=0.2)
    assert friday[9].band.low < 6 < friday[9].band.high
    assert [hour.hour for hour in friday if hour.in_gap] == [11, 12, 13, 14]
    assert picture.judgement.is_silent


def test_the_week_of_a_newcomer_is_not_known(make_agent):
    agent = make_agent()
    learn()
    assert week_picture(agent, NOW, UTC) is None


def test_the_day_so_far_is_counted_until_now(
    called, organization, make_conversation, django_assert_num_queries
):
    agent = called(HOUR / 2)
    learn()
    make_conversation(agent=agent, created_at=NOW + HOUR / 3)
    make_conversation(agent=agent, created_at=NOW + HOUR / 3, is_test=True)
    now = NOW + HOUR / 2
    with django_assert_num_queries(2):
        day = day_so_far(organization, now, UTC)
    assert len(day.hours) == 24
    assert [hour.arrived for hour in day.hours] == [*[2] * 14, 2, *[None] * 9]
    assert day.arrived == 30
    assert day.usual
    assert day.usual.usual == pytest.approx(29, rel=0.1)
    assert day.usual.low < 30 < day.usual.high


def test_the_day_of_an_organization_without_sessions_is_empty(organization):
    day = day_so_far(organization, timezone.now(), organization.zone)
    assert (day.arrived, day.usual) == (0, None)


def test_nothing_of_another_organization_is_in_it(
    called, make_agent, organization, other_organization
):
    theirs = make_agent(organization=other_organization)
    called(HOUR, agent=theirs)
    learn()
    assert day_so_far(organization, NOW, UTC).arrived == 0
    assert day_so_far(other_organization, NOW, UTC).arrived > 0
