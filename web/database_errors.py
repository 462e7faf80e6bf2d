"""What a failed statement says: whether the database is at fault, or the rows."""

from __future__ import annotations

from django.db import InterfaceError, OperationalError
from psycopg.errors import LockNotAvailable

# Postgres's own names: a code, and the first two characters of a class of them.
DEADLOCK = "40P01"
OVER_A_LIMIT = "54"


def is_away(error: Exception) -> bool:
    """Tell whether the database is at fault, and none of the rows that were to be
    written.

    Then all of them can be written later. A deadlock counts as neither: trying again
    helps. Nor does a limit of the database's count, which one row alone exceeds.
    """
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    state = getattr(error.__cause__, "sqlstate", None) or ""
    return state != DEADLOCK and not state.startswith(OVER_A_LIMIT)


def is_held(error: BaseException | None) -> bool:
    """Tell whether a lock was waited for longer than the statement's `lock_timeout`."""
    return isinstance(error, OperationalError) and isinstance(
        error.__cause__, LockNotAvailable
    )
