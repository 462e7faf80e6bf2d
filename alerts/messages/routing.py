"""Which channels are told of a change of an issue."""

from __future__ import annotations

from collections.abc import Sequence

from alerts.models import IssueChange


def route(changes: Sequence[IssueChange]) -> None:
    """Write a message for each channel that is told of a change, in the caller's
    transaction.
    """
