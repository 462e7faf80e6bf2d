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


def past_issues(now: datetime) -> Iterator[PastIssue]:
    """Yield them, the oldest first."""
    today = now.replace(minute=2, second=0, microsecond=0)
    hour, minute = timedelta(hours=1), timedelta(minutes=1)
    yield PastIssue(
        kind=IssueKind.SESSIONS_MISSING,
        since=today - 16 * timedelta(days=1),
        seen_after=22 * minute,
        lasted=3 * hour + 5 * minute,
        agent="order-support",
        count=4,
        facts={"is_all": False, "ended": 21, "jobs_failed": 4},
    )
    revoked = today - 9 * timedelta(days=1)
    refusal = {
        "status": 401,
        "count": 38,
        "since": revoked.isoformat(),
        "key": "livekit-prod",
        "key_state": "revoked",
        "key_at": (revoked - minute).isoformat(),
    }
    yield PastIssue(
        kind=IssueKind.SESSIONS_REFUSED,
        since=revoked,
        seen_after=3 * minute,
        lasted=41 * minute,
        agent="front-desk",
        count=38,
        facts={"is_all": True, "taken": 0, "refusals": [refusal]},
        was_acknowledged=True,
    )
    quiet = today - 5 * timedelta(days=1)
    yield PastIssue(
        kind=IssueKind.AGENT_SILENT,
        since=quiet,
        seen_after=52 * minute,
        lasted=2 * hour + 9 * minute,
        agent="front-desk",
        facts={
            "usual_gap": 360,
            "over": {
                "at": (quiet + 2 * hour + 9 * minute).isoformat(),
                "because": "again",
                "missed": 19,
            },
        },
    )
