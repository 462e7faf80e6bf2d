"""Operations of migrations that a pooler by the transaction bears as well."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db.migrations.operations.special import RunSQL


class SessionLockTimeout(RunSQL):
    """Say how long the rest of a migration without a transaction may wait for a lock, or
    with an empty text that it no longer matters.

    Behind a pooler it says nothing: the session is somebody else's after each statement,
    who would have that limit. An index that is made concurrently may wait there for
    longer, with nobody behind it.
    """

    def __init__(self, timeout: str) -> None:
        self.timeout = timeout
        reset = "RESET lock_timeout"
        super().__init__(
            f"SET lock_timeout = '{timeout}'" if timeout else reset,
            reset if timeout else RunSQL.noop,
        )

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        """Return how to make it again."""
        return self.__class__.__qualname__, [self.timeout], {}

    def database_forwards(self, *arguments: Any, **named: Any) -> None:
        """Say it, unless a pooler would hand it to others."""
        if not settings.TRANSACTION_POOLING:
            super().database_forwards(*arguments, **named)

    def database_backwards(self, *arguments: Any, **named: Any) -> None:
        """Take it back likewise."""
        if not settings.TRANSACTION_POOLING:
            super().database_backwards(*arguments, **named)
