"""What people do with an issue: acknowledge it, have it rest, wake it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.audit import record
from accounts.models import AuditAction, User
from alerts.issues.life import change_of
from alerts.messages import routing
from alerts.models import Issue, IssueChange
from alerts.texts.issue_text import title_of
from alerts.texts.subject import Step


@transaction.atomic
def acknowledge(issue: Issue, by: User) -> IssueChange | None:
    """Note that somebody is at it; None where somebody is already, or it is over."""
    row = _lock(issue)
    if not row.is_open or row.acknowledged_at:
        return None
    row.acknowledged_at, row.acknowledged_by = timezone.now(), by
    row.save(update_fields=["acknowledged_at", "acknowledged_by"])
    _copy(row, issue, "acknowledged_at", "acknowledged_by")
    return _note(row, Step.ACKNOWLEDGED, AuditAction.ISSUE_ACKNOWLEDGED, by)


@transaction.atomic
def snooze(issue: Issue, by: User, until: datetime) -> IssueChange | None:
    """Have it rest until then; None where it is over, or rests until then already.

    until: aware, ahead.
    """
    row = _lock(issue)
    if not row.is_open or row.snoozed_until == until:
        return None
    row.snoozed_until = until
    row.save(update_fields=["snoozed_until"])
    _copy(row, issue, "snoozed_until")
    facts = {"snoozed_until": until.isoformat()}
    return _note(row, Step.SNOOZED, AuditAction.ISSUE_SNOOZED, by, facts)


@transaction.atomic
def wake(issue: Issue, by: User) -> IssueChange | None:
    """End its rest; None where it does not rest."""
    row = _lock(issue)
    if not row.is_open or row.snoozed_until is None:
        return None
    row.snoozed_until = None
    row.save(update_fields=["snoozed_until"])
    _copy(row, issue, "snoozed_until")
    return _note(row, Step.WOKEN, AuditAction.ISSUE_WOKEN, by)


def _lock(issue: Issue) -> Issue:
    """Return the row as it is now, locked; `issue` gets what it says."""
    row = Issue.objects.select_for_update(no_key=True).get(pk=issue.pk)
    _copy(row, issue, "resolved_at", "acknowledged_at", "acknowledged_by")
    _copy(row, issue, "snoozed_until", "count", "facts")
    return row


def _copy(row: Issue, issue: Issue, *fields: str) -> None:
    for field in fields:
        setattr(issue, field, getattr(row, field))


def _note(
    row: Issue,
    step: Step,
    action: AuditAction,
    by: User,
    facts: dict[str, Any] | None = None,
) -> IssueChange:
    change = change_of(row, step, timezone.now(), by=by, actor=by.display_name)
    change.facts = change.facts | (facts or {})
    change.save(force_insert=True)
    until = {"until": facts["snoozed_until"]} if facts else {}
    record(
        organization=row.organization,
        by=by,
        action=action,
        subject=title_of(row, row.organization.zone),
        detail={"id": str(row.pk), **until},
    )
    routing.route([change])
    return change
