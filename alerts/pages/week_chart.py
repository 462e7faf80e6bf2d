"""The usual week of an agent as a picture of 7 x 24 squares, and in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from alerts.pages.issue_rows import in_words
from conversations.agents.activity_chart import LEVELS, WEEKDAYS
from conversations.agents.week_picture import Band, WeekPicture
from web.templatetags.moments import day

MIN_EXPECTED_TO_SAY = 0.1


@dataclass(frozen=True, slots=True)
class Square:
    """An hour of the week. level: 0 (none) to `LEVELS` (the busiest)."""

    hour: int
    level: int
    is_in_gap: bool
    usual: str
    says: str


@dataclass(frozen=True, slots=True)
class WeekChart:
    """A week from Monday on. rows: of each day its name and 24 squares."""

    rows: list[tuple[str, list[Square]]]
    has_gap: bool


def week_chart(picture: WeekPicture) -> WeekChart:
    """Return the picture of a usual week."""
    rows = [
        (
            name,
            [
                _square(name, one.hour, one.band, one.in_gap, picture.most)
                for one in hours
            ],
        )
        for name, hours in zip(WEEKDAYS, picture.days, strict=True)
    ]
    has_gap = any(one.is_in_gap for _, squares in rows for one in squares)
    return WeekChart(rows, has_gap)


def _square(
    weekday: str, hour: int, band: Band, is_in_gap: bool, most: float
) -> Square:
    usual = number(band.usual)
    says = f"{weekday} {hour:02d}:00, usually {usual}"
    if band.usual:
        says += f", between {number(band.low)} and {number(band.high)}"
    if is_in_gap:
        says += "; silent now"
    return Square(hour, _level(band.usual, most), is_in_gap, usual, says)


def _level(usual: float, most: float) -> int:
    if not most or usual <= 0:
        return 0
    return max(1, min(LEVELS, round(LEVELS * usual / most)))


def number(value: float) -> str:
    """Return a number of sessions: `0`, `0.04`, `3.5`, `120`."""
    if value >= 10:
        return f"{value:,.0f}"
    return f"{value:.1f}".removesuffix(".0") if value >= 0.095 else f"{value:.2g}"


def week_in_words(picture: WeekPicture) -> str:
    """Return what was learnt of a week, and from how much."""
    weeks = picture.weeks
    learnt = "less than a week" if weeks < 1 else f"{round(weeks)} week"
    if round(weeks) > 1:
        learnt += "s"
    usual = number(picture.a_week)
    return f"About {usual} session{'' if usual == '1' else 's'} a week, learnt from {learnt}."


def gap_in_words(picture: WeekPicture, now: datetime, zone: tzinfo) -> str:
    """Return how the gap of now compares with what is usual."""
    judgement = picture.judgement
    if judgement.silent_since is None:
        return "No session has arrived yet."
    since = _moment(judgement.silent_since, now, zone)
    gap = in_words(now - judgement.silent_since)
    sentences = [f"The last session arrived {since}, {gap} ago"]
    # Less than that is nothing that anybody waits for.
    if judgement.expected and judgement.expected >= MIN_EXPECTED_TO_SAY:
        expected = number(judgement.expected)
        verb = "was" if expected == "1" else "were"
        sentences[0] += f"; since then about {expected} {verb} to be expected"
    if judgement.is_silent:
        sentences.append("That is too long: it counts as silent")
    elif judgement.silent_at and judgement.silent_at > now:
        after = _moment(judgement.silent_at, now, zone)
        sentences.append(f"Without another one it counts as silent from {after} on")
    return ". ".join(sentences) + "."


def _moment(moment: datetime, now: datetime, zone: tzinfo) -> str:
    local, today = moment.astimezone(zone), now.astimezone(zone)
    clock = f"{local:%H:%M}"
    if local.date() == today.date():
        return f"today at {clock}"
    if abs(local - today) < timedelta(days=6):
        return f"{local:%A} at {clock}"
    return f"{day(local, today)}, {clock}"
