"""Whatever is found in whatever order: one open issue for each cause, and exactly one
change for each step."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts.issues.life import SAME_ISSUE, reconcile
from alerts.models import Issue, IssueChange, IssueKind

CAUSES = ("a", "b", "c")
SILENT = [IssueKind.AGENT_SILENT]
# What each look finds, and how long after the one before it is, in hours.
LOOKS = st.lists(
    st.tuples(st.sets(st.sampled_from(CAUSES)), st.sampled_from([0.02, 1, 23, 25])),
    max_size=8,
)


@pytest.mark.django_db
@given(looks=LOOKS)
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_the_life_of_issues_follows_what_is_found(looks, found, routed):
    Issue.objects.all().delete()
    routed.clear()
    now = timezone.now()
    expected = defaultdict(list)
    is_open: set[str] = set()
    resolved_at: dict[str, datetime] = {}
    for causes, hours in looks:
        now += timedelta(hours=hours)
        reconcile(SILENT, [found(one) for one in causes], now)
        for cause in causes - is_open:
            is_lately = cause in resolved_at and now - resolved_at[cause] < SAME_ISSUE
            expected[cause].append("reopened" if is_lately else "opened")
        for cause in is_open - causes:
            expected[cause].append("resolved")
            resolved_at[cause] = now
        is_open = set(causes)
        assert {one.cause for one in Issue.objects.open()} == is_open
    stored, told = defaultdict(list), defaultdict(list)
    for change in IssueChange.objects.select_related("issue").order_by("created_at"):
        stored[change.issue.cause].append(change.kind)
    for change in routed:
        told[change.issue.cause].append(str(change.kind))
    assert stored == told == expected
