"""What became of an issue, and which messages were sent about it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from accounts.models import LeasedJob
from alerts.models import Attempt, Issue, IssueChange, Message

# One that snoozes for years has more than anybody reads.
MAX_CHANGES = 200
MAX_MESSAGES = 200

EVENTS = {
    "issue.opened": "Opened",
    "issue.reopened": "Opened again",
    "issue.acknowledged": "Acknowledged",
    "issue.snoozed": "Snoozed",
    "issue.woken": "Snooze ended",
    "issue.updated": "Changed",
    "issue.resolved": "Resolved",
    "issues.storm": "Several at once",
    "summary.weekly": "Summary of the week",
    "channel.disabled": "Channel disabled",
    "test": "Test",
}


@dataclass(frozen=True, slots=True)
class SentMessage:
    """A message, and what came of the last try to send it."""

    message: Message
    last: Attempt | None

    @property
    def event(self) -> str:
        """Return what it tells, in words."""
        return EVENTS.get(self.message.event, self.message.event)

    @property
    def is_failed(self) -> bool:
        return self.message.state == LeasedJob.State.FAILED

    @property
    def is_dropped(self) -> bool:
        """Tell whether it did not need to be sent any more."""
        is_over = self.message.state == LeasedJob.State.DONE
        return is_over and self.message.sent_at is None

    @property
    def look(self) -> str:
        """Return its state as `_state.html` knows it."""
        if self.message.sent_at:
            return "ok"
        if self.is_failed:
            return "bad"
        return "none" if self.is_dropped else "wait"

    @property
    def word(self) -> str:
        """Return its state in a word."""
        if self.message.sent_at:
            return "Sent"
        if self.is_failed:
            return "Not sent"
        if self.is_dropped:
            return "Not needed"
        return "Waits" if self.last is None else "Tried again"

    @property
    def reason(self) -> str:
        """Return why it was not sent, where no try says so."""
        is_over = self.is_failed or self.is_dropped
        return self.message.last_error if is_over and self.last is None else ""


def history_of(issue: Issue) -> list[IssueChange]:
    """Return what became of an issue, the newest first."""
    changes = IssueChange.objects.filter(
        issue=issue, organization=issue.organization_id
    )
    return list(changes.select_related("by").order_by("-id")[:MAX_CHANGES])


def messages_about(issue: Issue) -> list[SentMessage]:
    """Return the messages about an issue, the newest first."""
    about = Message.objects.filter(issue=issue, organization=issue.organization_id)
    found = list(about.select_related("channel").order_by("-id")[:MAX_MESSAGES])
    return with_answers(found)


def with_answers(found: list[Message]) -> list[SentMessage]:
    """Return messages with the last try of each, in one query."""
    tries: dict[object, Attempt] = defaultdict()
    for one in Attempt.objects.filter(message__in=found).order_by("id"):
        tries[one.message_id] = one
    return [SentMessage(one, tries.get(one.pk)) for one in found]
