"""Issues of a demo that are over, as they would have been found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from alerts.models import IssueKind


@dataclass(frozen=True, slots=True)
class PastIssue:
    """One that is over. agent: the external id of its agent, if it is of one."""

    kind: IssueKind
    since: datetime
    seen_after: timedelta
    lasted: timedelta
    agent: str = ""
    count: int = 0
    facts: Mapping[str, Any] = field(default_factory=dict)
    was_acknowledged: bool = False

    @property
    def opened_at(self) -> datetime:
        return self.since + self.seen_after

    @property
    def resolved_at(self) -> datetime:
        return self.since + self.lasted


HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)


def past_issues(now: datetime) -> Iterator[PastIssue]:
    """Yield them, the oldest first."""
    today = now.replace(minute=2, second=0, microsecond=0)
    yield _missing(today - timedelta(days=16))
    yield _refused(today - timedelta(days=9))
    yield _silent(today - timedelta(days=5))


def _missing(since: datetime) -> PastIssue:
    return PastIssue(
        kind=IssueKind.SESSIONS_MISSING,
        since=since,
        seen_after=22 * MINUTE,
        lasted=3 * HOUR + 5 * MINUTE,
        agent="order-support",
        count=4,
        facts={"is_all": False, "ended": 21, "jobs_failed": 4},
    )


def _refused(since: datetime) -> PastIssue:
    refusal = {
        "status": 401,
        "count": 38,
        "since": since.isoformat(),
        "key": "livekit-prod",
        "key_state": "revoked",
        "key_at": (since - MINUTE).isoformat(),
    }
    return PastIssue(
        kind=IssueKind.SESSIONS_REFUSED,
        since=since,
        seen_after=3 * MINUTE,
        lasted=41 * MINUTE,
        agent="front-desk",
        count=38,
        facts={"is_all": True, "taken": 0, "refusals": [refusal]},
        was_acknowledged=True,
    )


def _silent(since: datetime) -> PastIssue:
    lasted = 2 * HOUR + 9 * MINUTE
    at = (since + lasted).isoformat()
    return PastIssue(
        kind=IssueKind.AGENT_SILENT,
        since=since,
        seen_after=52 * MINUTE,
        lasted=lasted,
        agent="front-desk",
        facts={
            "usual_gap": 360,
            "over": {"at": at, "because": "again", "missed": 19},
        },
    )
