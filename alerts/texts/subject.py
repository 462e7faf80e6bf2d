"""What a text is about: an issue as it is, or at a step of its life."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from django.utils import timezone

from alerts.models import Issue, IssueChange, IssueKind
from alerts.texts.words import at

Step = IssueChange.Kind


@dataclass(frozen=True, slots=True)
class Subject:
    """An issue at a moment. now: that moment, by which others are written."""

    kind: str
    step: Step
    since: datetime
    now: datetime
    count: int
    facts: Mapping[str, Any]
    zone: tzinfo
    actor: str = ""

    def at(self, moment: datetime) -> str:
        return at(moment, self.now, self.zone)

    def moment(self, name: str) -> datetime | None:
        """Return a moment among the facts; None where it is not there."""
        return moment_of(self.facts.get(name))

    @property
    def since_text(self) -> str:
        return self.at(self.since)

    @property
    def over(self) -> Mapping[str, Any]:
        """Return how it ended: `because`, and by that `at` and `missed`."""
        over: Mapping[str, Any] = self.facts.get("over") or {}
        return over

    @property
    def over_at(self) -> datetime:
        return moment_of(self.over.get("at")) or self.now


def moment_of(text: object) -> datetime | None:
    """Return a moment of the facts, which are JSON."""
    return datetime.fromisoformat(text) if isinstance(text, str) and text else None


def subject_of(one: Issue | IssueChange, zone: tzinfo) -> Subject:
    """Return what there is to say of an issue as it is now, or of a change of one."""
    if isinstance(one, IssueChange):
        return Subject(
            kind=one.issue.kind,
            step=Step(one.kind),
            since=one.since,
            now=one.created_at,
            count=one.count,
            facts=one.facts,
            zone=zone,
            actor=one.actor,
        )
    return Subject(
        kind=IssueKind(one.kind),
        step=Step.OPENED if one.is_open else Step.RESOLVED,
        since=one.since,
        now=one.resolved_at or timezone.now(),
        count=one.count,
        facts=one.facts,
        zone=zone,
    )
