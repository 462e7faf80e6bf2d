"""Queries of POSTs: prepared once, and repeated on a new connection where one died."""

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

Result = TypeVar("Result")


def server_binding_cursor() -> CursorWrapper:
    """Return a cursor that sends parameters apart from the statement, bytes as binary,
    so that Postgres prepares a statement once and never parses a body as a literal.
    """
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
    query: Callable[[], Result], *, again: Callable[[], Result]
) -> Result:
    """Run `query`, and `again` on a new connection where this thread's connection had
    died.

    The query of a POST also shows whether its connection still works: another query for
    that alone, before each, would double what most of them cost.

    again: what runs the second time. The first may have been committed, with its answer
        alone lost, so this must not write the same once more.

    Raises:
        OperationalError: the query failed on a connection that works, or again.
        InterfaceError: as `OperationalError`.
    """
    database = connections[DEFAULT_DB_ALIAS]
    database.health_check_done = True  # type: ignore[attr-defined]  # stubs lack it
    used = None
    try:
        database.ensure_connection()
        used = database.connection
        return query()
    except (OperationalError, InterfaceError):
        # A transaction that could not be rolled back has been given another one already.
        if database.connection is used and database.is_usable():
            raise
        database.close()
        return again()
