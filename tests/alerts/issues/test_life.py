"""The life of an issue, from what was found."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from alerts.issues.endings import Ending
from alerts.issues.life import reconcile
from alerts.models import Issue, IssueChange, IssueKind, Rule

SILENT = [IssueKind.AGENT_SILENT]
NOW = timezone.now()
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def changes_go_nowhere(routed):
    pass


def steps():
    return list(IssueChange.objects.order_by("created_at", "id").values_list("kind"))


def kinds_of(changes):
    return [str(one.kind) for one in changes]


def test_a_cause_opens_one_issue_however_often_it_is_found(found):
    opened = reconcile(SILENT, [found()], NOW)
    assert kinds_of(opened) == ["opened"]
    assert reconcile(SILENT, [found(count=3)], NOW + MINUTE) == []
    assert reconcile(SILENT, [found(count=3), found(count=3)], NOW + MINUTE) == []
    issue = Issue.objects.get()
    assert (issue.count, issue.opened_at) == (3, NOW)
    assert steps() == [("opened",)]


def test_what_has_not_changed_is_written_every_five_minutes_only(found):
    same = found()
    reconcile(SILENT, [same], NOW)
    reconcile(SILENT, [same], NOW + MINUTE)
    assert Issue.objects.get().seen_at == NOW
    reconcile(SILENT, [same], NOW + 5 * MINUTE)
    assert Issue.objects.get().seen_at == NOW + 5 * MINUTE


def test_it_resolves_what_is_no_longer_found(found):
    reconcile(SILENT, [found(), found("survey")], NOW)
    resolved = reconcile(SILENT, [found("survey")], NOW + MINUTE)
    assert kinds_of(resolved) == ["resolved"]
    assert Issue.objects.open().get().cause == "survey"
    assert Issue.objects.resolved().get().resolved_at == NOW + MINUTE


def test_it_leaves_other_kinds_and_organizations_that_nobody_looked_at(
    found, other_organization
):
    others = found(organization_id=other_organization.pk)
    disk = found(kind=IssueKind.DISK_FULL)
    reconcile([*SILENT, IssueKind.DISK_FULL], [others, disk, found()], NOW)
    besides = {other_organization.pk}
    changes = reconcile(SILENT, [], NOW + MINUTE, besides=besides)
    assert [one.issue.organization_id for one in changes] == [found().organization_id]
    assert Issue.objects.open().count() == 2


def test_the_same_cause_within_a_day_opens_the_same_issue_again(found, alice):
    reconcile(SILENT, [found()], NOW)
    Issue.objects.update(acknowledged_at=NOW, acknowledged_by=alice)
    reconcile(SILENT, [], NOW + MINUTE)
    since = NOW + timedelta(hours=20)
    later = NOW + timedelta(hours=23)
    assert kinds_of(reconcile(SILENT, [found(since=since)], later)) == ["reopened"]
    issue = Issue.objects.get()
    assert issue.is_open
    assert (issue.times_reopened, issue.since) == (1, since)
    assert issue.acknowledged_at is None
    assert "over" not in issue.facts


def test_a_day_later_it_is_another_issue(found):
    reconcile(SILENT, [found()], NOW)
    reconcile(SILENT, [], NOW + MINUTE)
    assert kinds_of(reconcile(SILENT, [found()], NOW + timedelta(hours=25))) == [
        "opened"
    ]
    assert Issue.objects.count() == 2


def test_a_snooze_ends_by_itself_and_says_so_once(found):
    reconcile(SILENT, [found()], NOW)
    Issue.objects.update(snoozed_until=NOW + 2 * MINUTE)
    assert reconcile(SILENT, [found()], NOW + MINUTE) == []
    assert kinds_of(reconcile(SILENT, [found()], NOW + 2 * MINUTE)) == ["woken"]
    assert reconcile(SILENT, [found()], NOW + 3 * MINUTE) == []
    assert Issue.objects.get().snoozed_until is None


def test_its_resolution_says_what_it_cost(found):
    reconcile(SILENT, [found()], NOW)

    def endings(issues, now):
        return {one.pk: Ending(at=NOW + MINUTE, missed=11) for one in issues}

    (change,) = reconcile(SILENT, [], NOW + 5 * MINUTE, endings=endings)
    assert change.facts["over"] == {
        "at": (NOW + MINUTE).isoformat(),
        "missed": 11,
        "is_told": False,
    }


def test_a_rule_keeps_an_issue_closed_and_closes_it_quietly(found, organization):
    rule = Rule.objects.create(organization=organization, is_off=True)
    assert reconcile(SILENT, [found()], NOW) == []
    rule.is_off = False
    rule.save()
    assert kinds_of(reconcile(SILENT, [found()], NOW)) == ["opened"]
    rule.silent_until = NOW + timedelta(days=1)
    rule.save()
    (change,) = reconcile(SILENT, [found()], NOW + MINUTE)
    assert change.facts["over"]["because"] == "silent_until"
    assert change.facts["over"]["is_quiet"] is True


def test_a_delay_counts_from_when_the_cause_began(found, organization):
    Rule.objects.create(organization=organization, delay_minutes=90)
    assert reconcile(SILENT, [found(since=NOW)], NOW + timedelta(minutes=89)) == []
    changes = reconcile(SILENT, [found(since=NOW)], NOW + timedelta(minutes=90))
    assert kinds_of(changes) == ["opened"]


def test_a_rule_of_another_organization_counts_for_nothing(found, other_organization):
    Rule.objects.create(organization=other_organization, is_off=True)
    assert kinds_of(reconcile(SILENT, [found()], NOW)) == ["opened"]


def test_messages_follow_in_the_same_transaction(found, monkeypatch):
    def fail(changes):
        raise RuntimeError("no channel")

    monkeypatch.setattr("alerts.messages.routing.route", fail)
    with pytest.raises(RuntimeError):
        reconcile(SILENT, [found()], NOW)
    assert not Issue.objects.exists()
    assert not IssueChange.objects.exists()
