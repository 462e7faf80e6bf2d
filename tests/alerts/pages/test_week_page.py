"""The usual week of an agent: its picture, its words, and who may see it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from alerts.pages.week_chart import gap_in_words, number, week_chart, week_in_words
from conversations.agents.judgement import Judgement, State
from conversations.agents.week_picture import Band, WeekHour, WeekPicture
from conversations.models import Agent

NOW = datetime(2026, 11, 27, 14, 30, tzinfo=UTC)  # a Friday


def picture(agent: Agent, state: State = State.ACTIVE, **judged: object) -> WeekPicture:
    days = [
        [
            WeekHour(
                hour,
                Band(
                    *((10.0, 4.0, 16.0) if 8 <= hour < 18 and day < 5 else (0.0,) * 3)
                ),
                in_gap=day == 4 and hour == 14,
            )
            for hour in range(24)
        ]
        for day in range(7)
    ]
    return WeekPicture(days, 4.0, Judgement(agent.pk, state, **judged))  # type: ignore[arg-type]


@pytest.mark.django_db
def test_a_new_agent_has_no_week_yet(bob_client: Client, agent: Agent) -> None:
    page = bob_client.get(f"/org/acme/alerts/week/{agent.pk}")
    assert page.status_code == 200
    assert "Too little is known yet." in page.content.decode()


@pytest.mark.django_db
def test_the_week_is_a_picture_and_a_table(
    bob_client: Client, agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = picture(agent, silent_since=NOW - timedelta(minutes=20))
    monkeypatch.setattr("alerts.pages.week_views.week_picture", lambda *_: known)
    content = bob_client.get(f"/org/acme/alerts/week/{agent.pk}").content.decode()
    assert content.count("<td class=") == 7 * 24
    assert 'title="Monday 08:00, usually 10, between 4 and 16"' in content
    assert 'title="Friday 14:00, usually 10, between 4 and 16; silent now"' in content
    assert content.count("z-week-gap") == 1
    assert "About 500 sessions a week, learnt from 4 weeks." in content


@pytest.mark.django_db
def test_an_outsider_finds_no_week(charlie_client: Client, agent: Agent) -> None:
    for slug in ("acme", "globex"):
        page = f"/org/{slug}/alerts/week/{agent.pk}"
        assert charlie_client.get(page).status_code == 404
        assert charlie_client.post(page).status_code in {404, 405}


@pytest.mark.django_db
def test_the_gap_is_said_in_words(agent: Agent) -> None:
    since = NOW - timedelta(minutes=20)
    quiet = picture(agent, State.QUIET, silent_since=since, expected=9.6, silent_at=NOW)
    assert gap_in_words(quiet, NOW, UTC) == (
        "The last session arrived today at 14:10, 20 min ago; since then about 9.6 were "
        "to be expected. That is too long: it counts as silent."
    )
    later = NOW + timedelta(minutes=40)
    well = picture(agent, silent_since=since, expected=1.0, silent_at=later)
    assert gap_in_words(well, NOW, UTC) == (
        "The last session arrived today at 14:10, 20 min ago; since then about 1 was to "
        "be expected. Without another one it counts as silent from today at 15:10 on."
    )
    new = picture(agent, silent_since=NOW - timedelta(days=2))
    assert gap_in_words(new, NOW, UTC) == (
        "The last session arrived Wednesday at 14:30, 2 d ago."
    )
    assert gap_in_words(picture(agent), NOW, UTC) == "No session has arrived yet."


@pytest.mark.django_db
def test_the_busiest_hours_have_the_strongest_colour(agent: Agent) -> None:
    chart = week_chart(picture(agent))
    monday = chart.rows[0][1]
    assert [monday[hour].level for hour in (7, 8, 17, 18)] == [0, 5, 5, 0]
    assert chart.has_gap
    assert week_in_words(picture(agent)) == (
        "About 500 sessions a week, learnt from 4 weeks."
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.04, "0.04"),
        (0.5, "0.5"),
        (3.0, "3"),
        (3.46, "3.5"),
        (1234.5, "1,234"),
    ],
)
def test_numbers_are_short(value: float, text: str) -> None:
    assert number(value) == text
