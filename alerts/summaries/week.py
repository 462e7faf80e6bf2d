"""What a week was like, in sentences: pure, of numbers and names alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from alerts.channels.text import Link, Severity, Text
from alerts.texts.words import counted, lasting, named

MAX_AGENTS = 10
MAX_ALERTS = 10
MAX_SILENT = 10
# A change of less is none that anybody looks at: sessions, and part of the week before.
MIN_CHANGE = 3
MIN_PART = 0.1


@dataclass(frozen=True, slots=True)
class Compared:
    """How many there were in the week, and in the week before."""

    now: int
    before: int

    def __bool__(self) -> bool:
        return bool(self.now or self.before)

    @property
    def change(self) -> int:
        return self.now - self.before


@dataclass(frozen=True, slots=True)
class AgentWeek:
    """The sessions of one agent."""

    name: str
    sessions: Compared


@dataclass(frozen=True, slots=True)
class AlertWeek:
    """An issue that was opened in the week. seconds: how long it lasted; None while it
    is open.
    """

    title: str
    seconds: float | None


@dataclass(frozen=True, slots=True)
class Week:
    """What there is to say of a week.

    first_day: its Monday. alerts: the first `MAX_ALERTS` of `alert_count`.
    silent: sentences about what is silent now, the first of `silent_count`.
    """

    first_day: date
    time_zone: str
    sessions: Compared
    agents: Sequence[AgentWeek] = ()
    missing: Compared = field(default_factory=lambda: Compared(0, 0))
    refused: Compared = field(default_factory=lambda: Compared(0, 0))
    alerts: Sequence[AlertWeek] = ()
    alert_count: int = 0
    silent: Sequence[str] = ()
    silent_count: int = 0

    def __bool__(self) -> bool:
        return bool(
            self.sessions
            or self.missing
            or self.refused
            or self.alert_count
            or self.silent_count
        )


def text_of(week: Week, links: Iterable[Link]) -> Text:
    """Return the summary, a line for each thing that there is to say."""
    lines = [
        f"{_days(week.first_day)}, in the time zone {week.time_zone}.",
        "",
        f"Sessions: {_compared(week.sessions)}.",
    ]
    if week.missing:
        lines.append(f"Missing: {_compared(week.missing)}.")
    if week.refused:
        lines.append(f"Posts refused: {_compared(week.refused)}.")
    lines += _block("Agents that changed most:", _agents(week))
    lines += _block("Silent now:", _some(week.silent, week.silent_count, MAX_SILENT))
    alerts = [_alert(one) for one in week.alerts]
    lines += _block(
        f"{counted(week.alert_count, 'alert')} opened:",
        _some(alerts, week.alert_count, MAX_ALERTS),
    )
    if not week.alert_count:
        lines += ["", "No alert was opened."]
    return Text(
        title=_title(week),
        lines=lines,
        links=list(links),
        severity=Severity.INFO,
        dedup_key="summary",
    )


def _title(week: Week) -> str:
    said = counted(week.sessions.now, "session")
    part = _part(week.sessions)
    return f"Your week: {said}{f', {part}' if part else ''}"


def _part(one: Compared) -> str:
    """Return by how much it changed; empty where that says nothing."""
    if not one.before:
        return "none the week before" if one.now else ""
    percent = round(abs(one.change) / one.before * 100)
    if not percent:
        return "as many as the week before"
    return f"{percent:,} % {'more' if one.change > 0 else 'fewer'} than the week before"


def _compared(one: Compared) -> str:
    return f"{one.now:,} (the week before: {one.before:,})"


def _days(first: date) -> str:
    last = first + timedelta(days=6)
    begin = f"{first.day} {first:%B}" if first.month != last.month else f"{first.day}"
    if first.year != last.year:
        begin += f" {first.year}"
    return f"{begin} to {last.day} {last:%B %Y}"


def _agents(week: Week) -> list[str]:
    changed = [one for one in week.agents if _is_change(one.sessions)]
    changed.sort(key=lambda one: (-abs(one.sessions.change), one.name))
    return [
        f"{named(one.name)}: {_compared(one.sessions)}" for one in changed[:MAX_AGENTS]
    ]


def _is_change(one: Compared) -> bool:
    return abs(one.change) >= max(MIN_CHANGE, MIN_PART * one.before)


def _alert(one: AlertWeek) -> str:
    if one.seconds is None:
        return f"{one.title} (still open)"
    return f"{one.title} (over after {lasting(one.seconds)})"


def _some(lines: Sequence[str], count: int, most: int) -> list[str]:
    shown = list(lines[:most])
    left = count - len(shown)
    return [*shown, f"and {left:,} more"] if left > 0 and shown else shown


def _block(heading: str, lines: Sequence[str]) -> list[str]:
    return ["", heading, *(f"- {line}" for line in lines)] if lines else []
