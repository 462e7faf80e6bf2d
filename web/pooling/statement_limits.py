"""How long a statement of the web may take and wait for a lock, said to Postgres.

With a connection of our own libpq says it as it connects. Behind a pooler by the
transaction a connection is somebody else's after each commit, and most poolers refuse
what is said while connecting; so it is said in each transaction, for that one alone.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from psycopg.pq import TransactionStatus

STATEMENT_TIMEOUT, LOCK_TIMEOUT = "30s", "5s"
STARTUP_OPTIONS = (
    f"-c statement_timeout={STATEMENT_TIMEOUT} -c lock_timeout={LOCK_TIMEOUT}"
)
# One message: without parameters several statements may be sent at once. No query, so
# that the isolation level of the transaction may still be chosen after it.
_LIMIT_TRANSACTION = (
    f"SET LOCAL statement_timeout = '{STATEMENT_TIMEOUT}'; "
    f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'"
)
Execute = Callable[..., Any]


def limit_statements() -> None:
    """Limit the statements of this process, on connections made from now on."""
    if settings.TRANSACTION_POOLING:
        connection_created.connect(_limit_transactions_of)
    else:
        # libpq's own variable: an operator's own value wins.
        os.environ.setdefault("PGOPTIONS", STARTUP_OPTIONS)


def _limit_transactions_of(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Add the limits to a connection; Django keeps them when it connects again."""
    if _execute_limited not in connection.execute_wrappers:
        connection.execute_wrappers.append(_execute_limited)


def _execute_limited(
    execute: Execute, sql: str, params: Any, many: bool, context: dict[str, Any]
) -> Any:
    """Run a statement within a transaction, which begins with the limits."""
    database = context["connection"]
    if database.get_autocommit():
        with transaction.atomic(using=database.alias):
            return _execute_limited(execute, sql, params, many, context)
    if database.connection.info.transaction_status == TransactionStatus.IDLE:
        with database.wrap_database_errors:
            database.connection.execute(_LIMIT_TRANSACTION)
    return execute(sql, params, many, context)
