"""An issue, or a change of one, as a text: title, cause, links."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any
from uuid import UUID

from accounts.models import Organization
from alerts.channels.text import Severity, Text
from alerts.models import Issue, IssueChange, IssueKind
from alerts.texts.cause_lines import lines_of_open
from alerts.texts.issue_links import links_of
from alerts.texts.recoveries import lines_of_resolved, title_of_resolved
from alerts.texts.subject import Step, Subject, subject_of
from alerts.texts.titles import title_of_open
from alerts.texts.words import named

_CRITICAL = frozenset(
    {
        IssueKind.AGENT_SILENT,
        IssueKind.ALL_SILENT,
        IssueKind.SESSIONS_REFUSED,
        IssueKind.DISK_FULL,
        IssueKind.WORKER_AWAY,
    }
)


def title_of(one: Issue | IssueChange, zone: tzinfo) -> str:
    """Return the sentence of an issue as it is now, or of a change of one; plain."""
    return _title(subject_of(one, zone))


def lines_of(one: Issue | IssueChange, zone: tzinfo) -> list[str]:
    """Return its cause and what to do, a sentence each; plain."""
    return _lines(subject_of(one, zone))


def text_of(change: IssueChange) -> Text:
    """Return what a message says of a change, in its organization's time zone."""
    return text_of_content(content_of(change), change.organization)


def content_of(change: IssueChange) -> dict[str, Any]:
    """Return all that the text of a change is made of, as JSON: for `Message.content`."""
    return {
        "issue": str(change.issue_id),
        "kind": change.issue.kind,
        "step": change.kind,
        "since": change.since.isoformat(),
        "at": change.created_at.isoformat(),
        "count": change.count,
        "facts": change.facts,
        "actor": change.actor,
    }


def text_of_content(content: Mapping[str, Any], organization: Organization) -> Text:
    """Return the text of what `content_of` kept."""
    one = Subject(
        kind=content["kind"],
        step=Step(content["step"]),
        since=datetime.fromisoformat(content["since"]),
        now=datetime.fromisoformat(content["at"]),
        count=content["count"],
        facts=content["facts"],
        zone=organization.zone,
        actor=content["actor"],
    )
    issue_id = UUID(content["issue"])
    return Text(
        title=_title(one),
        lines=_lines(one),
        links=links_of(organization.slug, issue_id, one.kind, one.facts),
        severity=severity_of(one),
        dedup_key=str(issue_id),
    )


def severity_of(one: Subject) -> Severity:
    """Return how bad it is."""
    if one.step == Step.RESOLVED:
        return Severity.RESOLVED
    if one.step in {Step.ACKNOWLEDGED, Step.SNOOZED}:
        return Severity.INFO
    if one.kind == IssueKind.KEY_UNUSED:
        return Severity.INFO
    if one.kind == IssueKind.SESSIONS_REFUSED and not one.facts.get("is_all"):
        return Severity.WARNING
    return Severity.CRITICAL if one.kind in _CRITICAL else Severity.WARNING


def _title(one: Subject) -> str:
    actor = named(one.actor, "somebody")
    if one.step == Step.RESOLVED:
        return title_of_resolved(one)
    title = title_of_open(one)
    return {
        Step.OPENED: title,
        Step.REOPENED: f"Again: {title}",
        Step.WOKEN: f"Still: {title}",
        Step.ACKNOWLEDGED: f"Acknowledged by {actor}: {title}",
        Step.SNOOZED: f"Snoozed by {actor}{_until(one)}: {title}",
    }[one.step]


def _lines(one: Subject) -> list[str]:
    found = lines_of_resolved if one.step == Step.RESOLVED else lines_of_open
    return [line for line in found(one) if line]


def _until(one: Subject) -> str:
    until = one.moment("snoozed_until")
    return f" until {one.at(until)}" if until else ""
