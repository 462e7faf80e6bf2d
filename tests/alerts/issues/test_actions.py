"""What people do with an issue."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.audit_log.sentences import sentence
from accounts.models import AuditAction, AuditEntry
from alerts.issues import actions
from alerts.issues.life import reconcile
from alerts.models import Issue, IssueChange, IssueKind

HOUR = timedelta(hours=1)


@pytest.fixture
def issue(found, routed):
    reconcile([IssueKind.AGENT_SILENT], [found()], timezone.now())
    routed.clear()
    return Issue.objects.get()


def test_the_first_who_acknowledges_is_noted_and_told(issue, alice, bob, routed):
    change = actions.acknowledge(issue, alice)
    assert change is not None
    assert actions.acknowledge(issue, bob) is None
    issue.refresh_from_db()
    assert issue.acknowledged_by == alice
    assert [one.kind for one in routed] == ["acknowledged"]
    assert (change.by, change.actor) == (alice, "Alice Example")
    entry = AuditEntry.objects.get(action=AuditAction.ISSUE_ACKNOWLEDGED)
    assert entry.by == alice
    assert "acknowledged the alert" in sentence(entry, issue.organization)
    assert "Front desk is silent since" in sentence(entry, issue.organization)


def test_a_snooze_is_noted_moved_and_ended(issue, alice, routed):
    until = timezone.now() + HOUR
    assert actions.snooze(issue, alice, until)
    assert actions.snooze(issue, alice, until) is None
    assert actions.snooze(issue, alice, until + HOUR)
    assert issue.snoozed_until == until + HOUR
    assert actions.wake(issue, alice)
    assert actions.wake(issue, alice) is None
    assert [one.kind for one in routed] == ["snoozed", "snoozed", "woken"]
    assert IssueChange.objects.filter(kind="snoozed").count() == 2
    actions_noted = AuditEntry.objects.values_list("action", flat=True)
    assert list(actions_noted.order_by("id")) == [
        AuditAction.ISSUE_SNOOZED,
        AuditAction.ISSUE_SNOOZED,
        AuditAction.ISSUE_WOKEN,
    ]


def test_what_is_over_is_left_alone(issue, alice, routed):
    reconcile([IssueKind.AGENT_SILENT], [], timezone.now())
    routed.clear()
    assert actions.acknowledge(issue, alice) is None
    assert actions.snooze(issue, alice, timezone.now() + HOUR) is None
    assert actions.wake(issue, alice) is None
    assert issue.resolved_at is not None
    assert routed == []
    assert not AuditEntry.objects.exists()
