"""Several queries of one answer that see the database as of one moment."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

_AS_OF_NOW = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"


@contextmanager
def one_snapshot() -> Iterator[None]:
    """Let all reads of the block see what the first of them saw; nothing is written.

    Costs three short statements. Within a transaction it does nothing, since a
    transaction that has run a query cannot change its isolation level.
    """
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_AS_OF_NOW)
        yield
