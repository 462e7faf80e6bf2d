"""What the summary of a week says."""

from __future__ import annotations

from datetime import date

import pytest

from alerts.channels.text import Link, Severity
from alerts.summaries.week import AgentWeek, AlertWeek, Compared, Week, text_of

MONDAY = date(2026, 11, 23)
LINKS = [Link("Home", "https://zelto.example.com/org/acme/")]


def week(now: int = 0, before: int = 0, **fields: object) -> Week:
    fields.setdefault("first_day", MONDAY)
    fields.setdefault("time_zone", "Europe/Berlin")
    return Week(sessions=Compared(now, before), **fields)  # type: ignore[arg-type]


def test_it_says_the_week_in_short() -> None:
    one = week(
        1204,
        1075,
        agents=[
            AgentWeek("Front desk", Compared(800, 700)),
            AgentWeek("Night desk", Compared(4, 5)),
            AgentWeek("Billing", Compared(0, 170)),
            AgentWeek("Sales", Compared(400, 200)),
        ],
        missing=Compared(3, 0),
        refused=Compared(0, 12),
        alerts=[
            AlertWeek("Billing is silent since Tue 14:02", None),
            AlertWeek("3 sessions are missing", 7200),
        ],
        alert_count=2,
        silent=["Billing is silent since Tue 14:02"],
        silent_count=1,
    )
    text = text_of(one, LINKS)
    assert text.title == "Your week: 1,204 sessions, 12 % more than the week before"
    assert text.severity is Severity.INFO
    assert text.links == LINKS
    assert text.lines == [
        "23 to 29 November 2026, in the time zone Europe/Berlin.",
        "",
        "Sessions: 1,204 (the week before: 1,075).",
        "Missing: 3 (the week before: 0).",
        "Posts refused: 0 (the week before: 12).",
        "",
        "Agents that changed most:",
        "- Sales: 400 (the week before: 200)",
        "- Billing: 0 (the week before: 170)",
        "- Front desk: 800 (the week before: 700)",
        "",
        "Silent now:",
        "- Billing is silent since Tue 14:02",
        "",
        "2 alerts opened:",
        "- Billing is silent since Tue 14:02 (still open)",
        "- 3 sessions are missing (over after 2 h)",
    ]


def test_a_week_in_which_nothing_was_wrong_is_shorter() -> None:
    text = text_of(week(10, 10), [])
    assert text.title == "Your week: 10 sessions, as many as the week before"
    assert text.lines[2:] == [
        "Sessions: 10 (the week before: 10).",
        "",
        "No alert was opened.",
    ]


@pytest.mark.parametrize(
    ("now", "before", "title"),
    [
        (1, 0, "Your week: 1 session, none the week before"),
        (0, 4, "Your week: 0 sessions, 100 % fewer than the week before"),
        (0, 0, "Your week: 0 sessions"),
        (1001, 1000, "Your week: 1,001 sessions, as many as the week before"),
        (9000, 3, "Your week: 9,000 sessions, 299,900 % more than the week before"),
    ],
)
def test_titles(now: int, before: int, title: str) -> None:
    assert text_of(week(now, before), []).title == title


@pytest.mark.parametrize(
    ("first", "said"),
    [
        (date(2026, 11, 30), "30 November to 6 December 2026"),
        (date(2026, 12, 28), "28 December 2026 to 3 January 2027"),
        (date(2026, 11, 2), "2 to 8 November 2026"),
    ],
)
def test_days(first: date, said: str) -> None:
    text = text_of(week(1, 1, first_day=first), [])
    assert text.lines[0] == f"{said}, in the time zone Europe/Berlin."


def test_its_length_has_a_bound() -> None:
    one = week(
        10**6,
        1,
        agents=[
            AgentWeek(f"{n}\nSubject: " + "x" * 500, Compared(n, 0)) for n in range(500)
        ],
        alerts=[AlertWeek("x" * 300, 1.0)] * 10,
        alert_count=4000,
        silent=["y" * 300] * 10,
        silent_count=70,
    )
    lines = text_of(one, []).lines
    assert len(lines) < 50
    assert len("\n".join(lines)) < 10_000
    assert "- and 3,990 more" in lines
    assert "- and 60 more" in lines
    # A name that somebody outside chose stays on its line.
    assert not any("\n" in line for line in lines)
    assert not any(line.startswith("Subject:") for line in lines)


def test_two_weeks_without_anything_are_nothing() -> None:
    assert not week()
    for fields in (
        {"missing": Compared(0, 1)},
        {"refused": Compared(1, 0)},
        {"alert_count": 1},
        {"silent_count": 1},
    ):
        assert week(**fields)
    assert week(0, 1)
