"""The open issues of an organization that a person may see, the newest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from accounts.models import Membership, Role
from alerts.models import Issue, IssueKind
from alerts.models.issue import OF_THE_INSTANCE

MAX_SHOWN = 5
# No more than these are counted: pages say "more than".
MAX_COUNTED = 50


@dataclass(frozen=True, slots=True)
class OpenIssue:
    """An open issue, and what a row says of it.

    key_name: of the key that it concerns, where the reader may know it.
    """

    issue: Issue
    key_name: str

    @property
    def label(self) -> str:
        """Return what is wrong, in words; of a kind that is not known here, its name."""
        kinds = dict(IssueKind.choices)
        return kinds.get(self.issue.kind) or self.issue.kind.replace("_", " ")

    @property
    def is_acknowledged(self) -> bool:
        return self.issue.acknowledged_at is not None

    @property
    def version(self) -> str:
        one = self.issue
        return (
            f"{one.id} {one.since} {one.count} {self.is_acknowledged} {self.key_name}"
        )


@dataclass(frozen=True, slots=True)
class OpenIssues:
    """The open issues. shown: the newest of them. count: at most `MAX_COUNTED`."""

    shown: Sequence[OpenIssue]
    count: int
    are_more: bool


def open_issues(membership: Membership, now: datetime) -> OpenIssues:
    """Return the open issues that the person may see, without those that are snoozed."""
    issues = Issue.objects.in_organization(membership.organization).open()
    issues = issues.filter(Q(snoozed_until=None) | Q(snoozed_until__lte=now))
    if not membership.covers(Role.OWNER):
        issues = issues.exclude(kind__in=OF_THE_INSTANCE)
    rows = issues.select_related("agent", "key").defer("agent__description", "facts")
    newest = list(rows.newest_first()[: MAX_SHOWN + 1])
    count = len(newest)
    if count > MAX_SHOWN:
        count = issues[: MAX_COUNTED + 1].count()
    sees_keys = membership.covers(Role.ADMIN)
    shown = [
        OpenIssue(one, one.key.name if sees_keys and one.key else "")
        for one in newest[:MAX_SHOWN]
    ]
    return OpenIssues(shown, min(count, MAX_COUNTED), count > MAX_COUNTED)
