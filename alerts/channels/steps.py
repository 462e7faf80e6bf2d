"""What a message means to a service that keeps incidents of its own."""

from __future__ import annotations

from enum import Enum

from alerts.channels.kind import Notice
from alerts.channels.text import Severity


class Step(Enum):
    """A step of an incident."""

    OPEN = "open"
    ACKNOWLEDGE = "acknowledge"
    CLOSE = "close"


def steps_of(notice: Notice) -> list[Step]:
    """Return the steps of a message, in order; of a test, all it takes to leave nothing
    open.
    """
    if notice.event == "test":
        return [Step.OPEN, Step.CLOSE]
    if notice.event == "issue.acknowledged":
        return [Step.ACKNOWLEDGE]
    if notice.text.severity is Severity.RESOLVED:
        return [Step.CLOSE]
    return [Step.OPEN]
