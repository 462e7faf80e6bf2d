"""What a failed statement tells: whether the database is at fault, or what it was given."""

from __future__ import annotations

from django.db import InterfaceError, OperationalError
from psycopg.errors import LockNotAvailable

# Postgres's own names: a code, and the first two characters of a class of them.
DEADLOCK = "40P01"
OVER_A_LIMIT = "54"


def is_away(error: Exception) -> bool:
    """Tell whether the database is at fault, and none of the rows that were to be
    written: then all of them come back later.

    Two workers that wait in a circle are none of both: trying again helps. Nor is a
    limit of the database's, which one row alone is over.
    """
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    state = getattr(error.__cause__, "sqlstate", None) or ""
    return state != DEADLOCK and not state.startswith(OVER_A_LIMIT)


def is_held(error: BaseException | None) -> bool:
    """Tell whether a row was held by somebody else for longer than one waits for it."""
    return isinstance(error, OperationalError) and isinstance(
        error.__cause__, LockNotAvailable
    )
