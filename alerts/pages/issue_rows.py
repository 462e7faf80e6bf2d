"""An issue as pages show it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from functools import cached_property

from alerts.models import Issue, IssueKind
from alerts.pages.issue_forms import SnoozeTime
from alerts.texts.cause_lines import lines_of_open
from alerts.texts.issue_text import lines_of, title_of
from alerts.texts.subject import Step, subject_of
from alerts.texts.titles import title_of_open

# What the count of an issue counts.
COUNTED = {
    IssueKind.SESSIONS_REFUSED: ("session", "sessions"),
    IssueKind.SESSIONS_MISSING: ("session", "sessions"),
    IssueKind.DELIVERIES_FAILED: ("delivery", "deliveries"),
    IssueKind.DELIVERIES_WAITING: ("delivery", "deliveries"),
    IssueKind.QUEUE_LONG: ("delivery", "deliveries"),
    IssueKind.RECORDINGS_FAILED: ("recording", "recordings"),
    IssueKind.ALL_SILENT: ("agent", "agents"),
}
KIND_LABELS = dict(IssueKind.choices)


@dataclass(frozen=True)
class IssueRow:
    """An issue, and what a reader wants to know of it at a moment.

    title: what is wrong, a sentence. lines: the cause, and what to do, a sentence each.
    """

    issue: Issue
    now: datetime
    title: str
    lines: list[str]

    @property
    def kind(self) -> str:
        """Return what is wrong, in two words."""
        return KIND_LABELS.get(self.issue.kind, self.issue.kind)

    @property
    def is_snoozed(self) -> bool:
        return self.issue.is_open and self.issue.is_snoozed(self.now)

    @property
    def look(self) -> str:
        """Return the state as `_state.html` knows it."""
        if not self.issue.is_open:
            return "ok"
        if self.is_snoozed:
            return "wait"
        return "warn" if self.issue.acknowledged_at else "bad"

    @property
    def word(self) -> str:
        """Return the state in a word."""
        if not self.issue.is_open:
            return "Resolved"
        if self.is_snoozed:
            return "Snoozed"
        return "Acknowledged" if self.issue.acknowledged_at else "Open"

    @property
    def counted(self) -> str:
        """Return how many it concerns, as `38 sessions`; empty where it counts nothing."""
        names = COUNTED.get(IssueKind(self.issue.kind)) if self._is_known else None
        if not names or not self.issue.count:
            return ""
        return f"{self.issue.count:,} {names[self.issue.count != 1]}"

    @property
    def _is_known(self) -> bool:
        return self.issue.kind in KIND_LABELS

    @property
    def lasted(self) -> str:
        """Return how long it was, or has been so far, as `12 min` or `2 h 5 min`."""
        return in_words((self.issue.resolved_at or self.now) - self.issue.since)

    @property
    def acknowledger(self) -> str:
        """Return who acknowledged it; empty where the account is gone."""
        by = self.issue.acknowledged_by
        return by.display_name if by else ""

    @property
    def snooze_times(self) -> list[tuple[str, str]]:
        return [(one.value, str(one.label)) for one in SnoozeTime]

    @cached_property
    def version(self) -> str:
        """Return what changes when the row does."""
        one = self.issue
        parts = (one.id, one.resolved_at, one.acknowledged_at, one.count, self.word)
        return f"{parts} {one.snoozed_until} {self.title} {self.lines}"


def issue_rows(issues: Iterable[Issue], now: datetime, zone: tzinfo) -> list[IssueRow]:
    """Return issues as rows. zone: the organization's, in which their sentences are."""
    return [
        IssueRow(one, now, title_of(one, zone), lines_of(one, zone)) for one in issues
    ]


def what_was_wrong(issue: Issue, zone: tzinfo) -> list[str]:
    """Return what was said of an issue while it was open: what it was, and its cause."""
    now = issue.resolved_at or issue.seen_at
    subject = replace(subject_of(issue, zone), step=Step.OPENED, now=now)
    return [f"{title_of_open(subject)}.", *filter(None, lines_of_open(subject))]


def in_words(duration: timedelta) -> str:
    """Return a duration as `under 1 min`, `12 min`, `2 h 5 min`, `3 d 4 h`."""
    minutes = round(max(duration.total_seconds(), 0) / 60)
    if minutes < 1:
        return "under 1 min"
    hours, rest = divmod(minutes, 60)
    if not hours:
        return f"{minutes} min"
    if hours < 48:
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    days, left = divmod(hours, 24)
    return f"{days} d {left} h" if left else f"{days} d"
