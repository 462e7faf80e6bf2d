"""The number of open issues in the frame of every page."""

from __future__ import annotations

from django.db.models import Case, Count, OuterRef, Subquery, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from accounts.models import Role
from alerts.models import Issue
from alerts.models.issue import IssueQuerySet


def open_issues() -> Combinable:
    """Return how many open issues the organization of a membership has that its person
    may see, without those that are snoozed.
    """
    return Case(
        When(role=Role.OWNER, then=_count(Issue.objects.visible(to_owner=True))),
        default=_count(Issue.objects.visible(to_owner=False)),
    )


def _count(issues: IssueQuerySet) -> Combinable:
    own = issues.open().awake().filter(organization=OuterRef("organization"))
    grouped = own.order_by().values("organization").annotate(number=Count("*"))
    return Coalesce(Subquery(grouped.values("number")), Value(0))
