"""The hours that are counted for each agent, against a plain count."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from conversations.agents.merging import merge_agents, move_merged_conversations
from conversations.arrivals import hourly_counts
from conversations.arrivals.learning import learn_arrivals
from conversations.models import Agent, ArrivalHistory, Conversation
from conversations.projection.erased_calls import erase_rows

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def counted(agent=None):
    """The hours of a row in which something came."""
    row = ArrivalHistory.objects.get(agent=agent)
    return {
        row.first_hour + place * HOUR: count
        for place, count in enumerate(row.counts)
        if count
    }


def plain(until, **filters):
    """The same, counted from the conversations one by one."""
    rows = Conversation.objects.filter(is_test=False, created_at__lt=until, **filters)
    return Counter(
        moment.replace(minute=0, second=0, microsecond=0)
        for moment in rows.values_list("created_at", flat=True)
    )


@pytest.fixture
def sessions(make_conversation):
    """`sessions(agent, since, until, count)`: at random moments, some of them tests."""
    chance = random.Random(17)  # noqa: S311 - repeatable

    def make(agent, since, until, count):
        for _ in range(count):
            moment = since + (until - since) * chance.random()
            is_test = chance.random() < 0.1
            make_conversation(agent=agent, created_at=moment, is_test=is_test)

    return make


def learn(now):
    assert not learn_arrivals(now, seconds=60)


def test_it_counts_by_the_hour_as_a_plain_count_does(make_agent, sessions):
    first, second = make_agent(), make_agent()
    sessions(first, NOW - 20 * DAY, NOW, 300)
    sessions(second, NOW - 3 * DAY, NOW, 40)
    learn(NOW)
    end = hourly_counts.last_whole_hour(NOW)
    for agent in (first, second):
        assert counted(agent) == plain(end, agent=agent)
    assert counted() == plain(end)


def test_it_goes_on_from_where_it_was_as_if_it_had_begun_anew(make_agent, sessions):
    first, second, late = make_agent(), make_agent(), make_agent()
    sessions(first, NOW - 20 * DAY, NOW - 10 * DAY, 100)
    now = NOW - 10 * DAY
    while now < NOW:
        learn(now)
        now += timedelta(hours=7, minutes=20)
        sessions(first, now - timedelta(hours=8), now, 5)
        if now.day == 15:
            sessions(second, now - HOUR, now, 3)
    sessions(late, NOW - 4 * HOUR, NOW, 20)
    learn(NOW)
    end = hourly_counts.last_whole_hour(NOW)
    for agent in (first, second, late):
        assert counted(agent) == plain(end, agent=agent)
    assert counted() == plain(end)


def test_a_session_that_is_stored_hours_later_is_counted(make_agent, make_conversation):
    agent = make_agent()
    make_conversation(agent=agent, created_at=NOW - 9 * HOUR)
    learn(NOW)
    make_conversation(agent=agent, created_at=NOW - 11 * HOUR)
    learn(NOW + HOUR)
    assert len(counted(agent)) == len(counted()) == 2


def test_the_hour_that_is_not_over_is_not_counted(make_agent, make_conversation):
    agent = make_agent()
    make_conversation(agent=agent, created_at=NOW)
    learn(NOW)
    assert counted(agent) == {}
    learn(NOW + HOUR)
    assert counted(agent) == {NOW.replace(minute=0): 1}


def test_no_more_is_kept_than_is_learnt_from(make_agent, make_conversation):
    agent = make_agent()
    for week in range(30):
        make_conversation(agent=agent, created_at=NOW - 2 * HOUR - week * 7 * DAY)
    learn(NOW)
    assert len(counted(agent)) == 14
    for week in range(1, 4):
        now = NOW + week * 7 * DAY
        make_conversation(agent=agent, created_at=now - 2 * HOUR)
        learn(now)
    row = ArrivalHistory.objects.get(agent=agent)
    assert len(row.counts) <= hourly_counts.KEPT_HOURS
    assert sum(row.counts) == 14


def test_each_organization_has_a_sum_of_its_own(
    make_agent, sessions, other_organization
):
    own, theirs = make_agent(), make_agent(organization=other_organization)
    sessions(own, NOW - 2 * DAY, NOW, 10)
    sessions(theirs, NOW - 2 * DAY, NOW, 20)
    learn(NOW)
    end = hourly_counts.last_whole_hour(NOW)
    for agent in (own, theirs):
        row = ArrivalHistory.objects.get(agent=None, organization=agent.organization)
        assert sum(row.counts) == sum(plain(end, agent=agent).values())


def test_an_agent_without_sessions_has_a_row_as_well(make_agent):
    agent = make_agent()
    learn(NOW)
    row = ArrivalHistory.objects.get(agent=agent)
    assert (sum(row.counts), row.rates) == (0, None)


def test_merged_agents_have_none(make_agent):
    kept = make_agent()
    make_agent(merged_into=kept)
    learn(NOW)
    assert ArrivalHistory.objects.count() == 2
    assert Agent.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_what_a_merge_moved_is_counted_again(
    make_agent, sessions, alice, django_capture_on_commit_callbacks
):
    kept, merged = make_agent(), make_agent()
    sessions(kept, NOW - 2 * DAY, NOW, 20)
    sessions(merged, NOW - 9 * DAY, NOW, 20)
    learn(NOW)
    merge_agents(merged=merged, kept=kept, by=alice)
    move_merged_conversations(seconds=10)
    learn(NOW)
    end = hourly_counts.last_whole_hour(NOW)
    assert counted(kept) == counted() == plain(end)
    assert not ArrivalHistory.objects.filter(agent=merged).exists()


def test_what_was_erased_is_not_counted_any_more(
    make_agent, sessions, django_capture_on_commit_callbacks
):
    agent = make_agent()
    sessions(agent, NOW - 2 * DAY, NOW, 20)
    learn(NOW)
    with django_capture_on_commit_callbacks(execute=True):
        erase_rows(Conversation.objects.filter(is_test=False)[0])
    learn(NOW)
    end = hourly_counts.last_whole_hour(NOW)
    assert counted(agent) == counted() == plain(end)


def test_what_was_stored_very_late_is_counted_within_a_week(
    make_agent, make_conversation
):
    agent = make_agent()
    make_conversation(agent=agent, created_at=NOW - DAY)
    learn(NOW)
    make_conversation(agent=agent, created_at=NOW - 3 * DAY)
    learn(NOW + 7 * DAY + HOUR)
    assert len(counted(agent)) == len(counted()) == 2
