"""Find a pooler in front of Postgres that nobody told Zelto of, before the web starts."""

from __future__ import annotations

import os

import psycopg
from django.conf import settings
from django.db import connection

from web.pooling.statement_limits import STARTUP_OPTIONS, STATEMENT_TIMEOUT

WHAT_TO_DO = (
    "A pooler such as PgBouncer does that: set ZELTO_TRANSACTION_POOLING=true. "
    "docs/operations.md says what it changes."
)


def pooler_fault() -> str:
    """Return what a pooler in front of the database would break for the web's
    connections, and which setting makes it right; empty where nothing is wrong.
    """
    says_more = (
        "PGOPTIONS" in os.environ or "options" in connection.settings_dict["OPTIONS"]
    )
    if settings.TRANSACTION_POOLING or says_more:
        return ""
    parameters = connection.get_connection_params() | {"options": STARTUP_OPTIONS}
    try:
        with psycopg.connect(**parameters) as raw:
            row = raw.execute("SHOW statement_timeout").fetchone()
    except psycopg.OperationalError as error:
        reason = " ".join(str(error).split())
        return (
            "The database takes connections, but none that limits how long statements "
            f"may take ({reason}). {WHAT_TO_DO}"
        )
    if row == (STATEMENT_TIMEOUT,):
        return ""
    return (
        "What is in front of the database drops how long statements may take. "
        f"{WHAT_TO_DO}"
    )
