"""What a channel is given to tell, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum


class Severity(Enum):
    """How bad it is, in the words that channels have for it."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Link:
    """A link in a message. url: absolute."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Text:
    """What a message says, plain: channels escape it as they need.

    title: one sentence. lines: the cause and what to do, a sentence each.
    dedup_key: the same for all messages about one issue.
    """

    title: str
    lines: list[str] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    severity: Severity = Severity.WARNING
    dedup_key: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one try to tell something.

    status: of HTTP or SMTP; None where none came. answer: its beginning, no secrets.
    reason: a sentence, where it was not taken. retry_after: seconds, where it was said.
    is_final: another try would fail as well.
    """

    was_taken: bool
    status: int | None = None
    answer: str = ""
    reason: str = ""
    retry_after: float | None = None
    is_final: bool = False
