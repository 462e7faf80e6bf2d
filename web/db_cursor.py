"""How every POST asks the database."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.db import (
    DEFAULT_DB_ALIAS,
    InterfaceError,
    OperationalError,
    connections,
)
from django.db.backends.postgresql.base import ServerBindingCursor
from django.db.backends.utils import CursorWrapper

Answer = TypeVar("Answer")


def server_binding_cursor() -> CursorWrapper:
    """Sends parameters apart from the statement, as binary where they are bytes, so
    that Postgres prepares a statement once and never sees a body as a literal."""
    # Looked up once: each attribute of `django.db.connection` looks it up again.
    database = connections[DEFAULT_DB_ALIAS]
    database.ensure_connection()
    # Django's own classes, made as Django makes them; its stubs know no arguments.
    make: Any = ServerBindingCursor
    cursor = make(database.connection)
    if database.queries_logged:
        return database.make_debug_cursor(cursor)
    return database.make_cursor(cursor)


def on_live_connection(
    ask: Callable[[], Answer], *, again: Callable[[], Answer]
) -> Answer:
    """Asks, and once more on a new connection where this thread's had died.

    What a POST asks anyway also tells whether its connection still works: a query for
    that alone, before each, would double what most of them cost.

    again: what is asked the second time. The first may have been committed, with its
        answer alone lost, so this must not write the same once more.
    """
    database = connections[DEFAULT_DB_ALIAS]
    database.health_check_done = True  # type: ignore[attr-defined]  # stubs lack it
    try:
        return ask()
    except (OperationalError, InterfaceError):
        if database.is_usable():
            raise
        database.close()
        return again()
