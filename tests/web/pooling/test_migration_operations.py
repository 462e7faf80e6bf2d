"""Migrations without a transaction leave nothing in a session that others share."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.special import RunSQL
from django.db.migrations.state import ProjectState
from django.test import override_settings

from web.pooling.migration_operations import SessionLockTimeout

APPS = ("accounts", "alerts", "conversations", "integrations")
FOR_THE_SESSION = re.compile(r"^\s*(RE)?SET\s+(?!LOCAL\b|TRANSACTION\b)", re.IGNORECASE)


def lock_timeout() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        return str(cursor.fetchone()[0])


def apply(operation: RunSQL) -> None:
    state = ProjectState()
    with connection.schema_editor(atomic=False) as editor:
        operation.database_forwards("integrations", editor, state, state)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("pooled", "meanwhile"), [(False, "5s"), (True, "0")])
def test_a_session_of_ones_own_waits_for_a_lock_so_long(
    pooled: bool, meanwhile: str
) -> None:
    with override_settings(TRANSACTION_POOLING=pooled):
        apply(SessionLockTimeout("5s"))
        assert lock_timeout() == meanwhile
        apply(SessionLockTimeout(""))
        assert lock_timeout() == "0"


def test_no_migration_sets_a_session_in_another_way() -> None:
    migrations = MigrationLoader(None).disk_migrations
    ours = [migration for (app, _), migration in migrations.items() if app in APPS]
    found = [
        f"{migration}: {operation.sql}"
        for migration in ours
        for operation in migration.operations
        if isinstance(operation, RunSQL)
        and not isinstance(operation, SessionLockTimeout)
        and isinstance(operation.sql, str)
        and FOR_THE_SESSION.search(operation.sql)
    ]
    assert found == []
