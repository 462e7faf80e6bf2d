"""The tables of this app: issues and what became of them, rules, channels, messages."""

from alerts.models.channel import Channel
from alerts.models.issue import Issue, IssueChange, IssueKind
from alerts.models.message import Attempt, Message
from alerts.models.progress import FirstChannel, Progress
from alerts.models.rule import Rule

__all__ = [
    "Attempt",
    "Channel",
    "FirstChannel",
    "Issue",
    "IssueChange",
    "IssueKind",
    "Message",
    "Progress",
    "Rule",
]
