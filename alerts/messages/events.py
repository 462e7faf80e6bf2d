"""The names of what messages tell."""

from __future__ import annotations

from alerts.models import IssueChange

OPENED = "issue.opened"
RESOLVED = "issue.resolved"
ACKNOWLEDGED = "issue.acknowledged"
STORM = "issues.storm"
TEST = "test"
CHANNEL_DISABLED = "channel.disabled"

# By the step of an issue that it tells; a snooze is told to nobody.
BY_STEP = {
    IssueChange.Kind.OPENED: OPENED,
    IssueChange.Kind.REOPENED: OPENED,
    IssueChange.Kind.WOKEN: OPENED,
    IssueChange.Kind.ACKNOWLEDGED: ACKNOWLEDGED,
    IssueChange.Kind.RESOLVED: RESOLVED,
}
# Of those that count as many at once.
OF_ISSUES = (OPENED, RESOLVED, STORM)
