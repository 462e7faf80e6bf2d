"""Empties the test database after a test whose transactions were committed."""

from __future__ import annotations

from functools import cache

from django.db import IntegrityError, connection, transaction

# What migrations fill stays; so none of it has to be made again.
KEPT = {"django_migrations", "django_content_type", "auth_permission"}
TRIES = 5


def empty_tables() -> None:
    """Delete all rows but those that migrations made, and leave sequences as they are.

    Django would truncate each table, which takes a hundred times as long as deleting
    the few rows that a test makes. Foreign keys are checked at the end: for them any
    order does. Conversations go before the table in which a trigger notes that.
    """
    for _ in range(TRIES):
        try:
            _delete_all()
        except IntegrityError:
            continue  # a request that was under way wrote something meanwhile
        return
    _delete_all()


def _delete_all() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_which_have_rows())
        for (table,) in sorted(cursor.fetchall(), reverse=True):
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(table)}")  # noqa: S608


@cache
def _which_have_rows() -> str:
    tables = sorted(set(connection.introspection.table_names()) - KEPT)
    return " UNION ALL ".join(
        f"SELECT '{table}' WHERE EXISTS (SELECT FROM {connection.ops.quote_name(table)})"  # noqa: S608
        for table in tables
    )
