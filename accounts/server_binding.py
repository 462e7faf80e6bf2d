"""A cursor for what every POST asks."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.backends.postgresql.base import ServerBindingCursor
from django.db.backends.utils import CursorWrapper


def server_binding_cursor() -> CursorWrapper:
    """Sends parameters apart from the statement, as binary where they are bytes, so
    that Postgres prepares a statement once and never sees a body as a literal."""
    connection.ensure_connection()
    # Django's own classes, made as Django makes them; its stubs know no arguments.
    make: Any = ServerBindingCursor
    cursor = make(connection.connection)
    if connection.queries_logged:
        return connection.make_debug_cursor(cursor)
    return connection.make_cursor(cursor)
