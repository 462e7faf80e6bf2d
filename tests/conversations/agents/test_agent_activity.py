"""When an agent's calls came: the panel, and how it is counted."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from conversations.agents.activity_chart import (
    DAYS,
    LEVELS,
    activity_chart,
    activity_of,
)

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 4, 12, 0, tzinfo=UTC)  # a Wednesday


def url_of(agent):
    return f"/org/acme/agents/{agent.id}/activity"


@pytest.fixture
def agent(make_agent):
    return make_agent(name="Front desk")


@pytest.fixture
def calls(agent, make_conversation):
    def make(*moments):
        for moment in moments:
            make_conversation(agent=agent, created_at=moment)

    return make


def by_day(activity):
    return {bar.day: bar.count for bar in activity.bars if bar.count}


def by_hour(activity):
    return {
        (weekday, cell.hour): cell.count
        for weekday, cells in activity.hours
        for cell in cells
        if cell.count
    }


def test_days_are_those_of_the_organization(agent, calls):
    calls(datetime(2026, 11, 2, 23, 30, tzinfo=UTC))  # 0:30 on Tuesday in Berlin
    found = activity_of(agent, NOW, BERLIN)
    assert by_day(found) == {date(2026, 11, 3): 1}
    assert by_hour(found) == {("Tuesday", 0): 1}
    assert by_hour(activity_of(agent, NOW, UTC)) == {("Monday", 23): 1}


def test_28_days_end_today_and_28_come_before_them(agent, calls):
    first = datetime(2026, 10, 8, 0, 0, tzinfo=UTC)
    calls(first, first - timedelta(seconds=1), first - timedelta(days=28), NOW)
    calls(first - timedelta(days=28, seconds=1), NOW + timedelta(hours=1))
    found = activity_of(agent, NOW, UTC)
    assert len(found.bars) == DAYS
    assert by_day(found) == {date(2026, 10, 8): 1, date(2026, 11, 4): 1}
    assert (found.total, found.before) == (2, 2)
    assert found.bars[-1].is_today


def test_the_day_on_which_a_clock_is_set_back_has_25_hours(agent, calls):
    start = datetime(2026, 10, 25, 0, 0, tzinfo=BERLIN).astimezone(UTC)
    calls(*(start + timedelta(hours=hour) for hour in range(25)))
    found = activity_of(agent, NOW, BERLIN)
    assert by_day(found) == {date(2026, 10, 25): 25}
    assert by_hour(found)["Sunday", 2] == 2
    assert len(by_hour(found)) == 24


def test_a_zone_of_quarters_of_an_hour_is_counted_right(agent, calls):
    kathmandu = ZoneInfo("Asia/Kathmandu")  # 5:45 ahead
    calls(datetime(2026, 11, 2, 18, 14, tzinfo=UTC))
    calls(datetime(2026, 11, 2, 18, 16, tzinfo=UTC))
    found = activity_of(agent, NOW, kathmandu)
    assert by_day(found) == {date(2026, 11, 2): 1, date(2026, 11, 3): 1}


def test_the_busiest_hour_is_the_darkest_and_one_call_is_seen():
    monday = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
    found = activity_chart(
        {monday: 1000, monday + timedelta(hours=1): 1, monday - timedelta(days=1): 500},
        0,
        today=date(2026, 11, 4),
        zone=UTC,
    )
    levels = {
        (name, cell.hour): cell.level
        for name, cells in found.hours
        for cell in cells
        if cell.level
    }
    assert levels == {("Monday", 9): LEVELS, ("Monday", 10): 1, ("Sunday", 9): 3}
    assert found.busiest[0] == "Monday"
    heights = [bar.height for bar in found.bars if bar.count]
    assert heights == [50, 100]


@pytest.mark.parametrize(
    ("before", "change"), [(0, None), (19, None), (20, 0), (40, -50), (25, -20)]
)
def test_a_change_is_told_where_there_is_enough_to_compare(before, change):
    quarters = {datetime(2026, 11, 2, 9, 0, tzinfo=UTC): 20}
    found = activity_chart(quarters, before, today=date(2026, 11, 4), zone=UTC)
    assert found.change == change


def test_the_panel_says_it_in_words_and_as_a_table(bob_client, agent, calls):
    now = timezone.now()
    calls(*(now - timedelta(days=30, minutes=number) for number in range(20)))
    calls(*(now - timedelta(minutes=number) for number in range(2)))
    content = bob_client.get(url_of(agent)).content.decode()
    assert "2 calls, 90 % fewer than in the 28 days before." in content
    today = f"{now:%Y-%m-%d}"
    link = f"/org/acme/conversations?agent={agent.id}&amp;from={today}&amp;to={today}"
    assert link in content
    assert "<svg" in content


def test_without_calls_it_says_so(bob_client, agent):
    assert "No call in 28 days." in bob_client.get(url_of(agent)).content.decode()


def test_htmx_gets_the_fragment_alone(bob_client, agent):
    page = bob_client.get(url_of(agent))
    fragment = bob_client.get(url_of(agent), headers={"HX-Request": "true"})
    assert b"<html" in page.content
    assert b"<html" not in fragment.content
    assert "HX-Request" in page["Vary"]


def test_it_takes_a_fixed_number_of_queries(agent, calls, django_assert_num_queries):
    for days in (3, 20):
        calls(*(NOW - timedelta(days=day) for day in range(days)))
        with django_assert_num_queries(2):
            activity_of(agent, NOW, UTC)


def test_it_refuses_an_outsider(charlie_client, agent):
    assert charlie_client.get(url_of(agent)).status_code == 404
    other = url_of(agent).replace("acme", "globex")
    assert charlie_client.get(other).status_code == 404


def test_it_sends_the_signed_out_to_the_login(client, agent):
    assert client.get(url_of(agent))["Location"].startswith("/login")
