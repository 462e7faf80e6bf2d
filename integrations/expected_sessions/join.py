"""The join: which conversation or refusal belongs to which expected session."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID


def settle(session_ids: Collection[UUID]) -> None:
    """Judge sessions by all that is known of them now, and write what changed."""
