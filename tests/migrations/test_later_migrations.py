"""What changes a table that is there may not stop the posts while it does so."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import connection, migrations, models
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation

pytestmark = pytest.mark.django_db(transaction=True)

SQUAWK = Path(sys.executable).with_name("squawk")
APPS = ("accounts", "alerts", "conversations", "integrations")
FIRST = "0001_schema"
# Came to installations that ran already: its first one is a later one for them.
LATER_APP = "alerts"
# Django decides on the types, and it writes no IF NOT EXISTS. How long the building of an
# index takes is no fault, as long as nobody waits for it.
LEFT_OUT = (
    "prefer-bigint-over-int",
    "prefer-bigint-over-smallint",
    "prefer-robust-stmts",
    "prefer-text-field",
    "require-statement-timeout",
)
AT_MOST = "SET LOCAL lock_timeout = '5s'"
AGE = models.Index(fields=["processed_at"], name="delivery_processed")
TEXT = models.CharField(max_length=30)


def loader() -> MigrationLoader:
    return MigrationLoader(connection, replace_migrations=False)


def later_migrations() -> list[tuple[str, str]]:
    found = MigrationLoader(None).disk_migrations
    return sorted(
        (app, name)
        for app, name in found
        if app == LATER_APP or (app in APPS and name != FIRST)
    )


def sql_of(migration: migrations.Migration) -> str:
    """What `sqlmigrate` shows of it."""
    before = loader().project_state(migration.dependencies or None)
    with connection.schema_editor(collect_sql=True, atomic=migration.atomic) as editor:
        migration.apply(before, editor, collect_sql=True)
    lines = "\n".join(editor.collected_sql)
    return f"BEGIN;\n{lines}\nCOMMIT;\n" if migration.atomic else f"{lines}\n"


def faults_in(sql: str) -> list[str]:
    """Return what squawk has against it, a line each."""
    command = [str(SQUAWK), "--reporter", "gcc", "--exclude", ",".join(LEFT_OUT)]
    answer = subprocess.run(  # noqa: S603 - pinned in requirements-dev.txt
        command, input=sql, capture_output=True, text=True
    )
    assert answer.returncode in (0, 1), answer.stderr
    return answer.stdout.splitlines()


def faults_of(*operations: Operation, atomic: bool = True) -> str:
    """Those of a migration of the log that would do this."""
    migration = migrations.Migration("9999_next", "integrations")
    migration.operations = list(operations)
    migration.dependencies = loader().graph.leaf_nodes("integrations")
    migration.atomic = atomic
    return "\n".join(faults_in(sql_of(migration)))


@pytest.mark.parametrize("key", later_migrations())
def test_no_later_migration_blocks_the_posts(key: tuple[str, str]) -> None:
    assert faults_in(sql_of(loader().get_migration(*key))) == []


def test_each_app_has_one_first_migration() -> None:
    found = MigrationLoader(None).disk_migrations

    assert {app for app, name in found if name == FIRST} == set(APPS)


@pytest.mark.parametrize(
    ("operation", "fault"),
    [
        (migrations.AddIndex("delivery", AGE), "require-concurrent-index-creation"),
        (migrations.AddField("delivery", "note", TEXT), "adding-required-field"),
        (
            migrations.AddConstraint(
                "delivery",
                models.CheckConstraint(condition=models.Q(size__gt=0), name="sized"),
            ),
            "constraint-missing-not-valid",
        ),
        (
            migrations.AddConstraint(
                "delivery",
                models.UniqueConstraint(fields=["request_id"], name="once"),
            ),
            "disallowed-unique-constraint",
        ),
        (
            migrations.AlterField("delivery", "size", models.BigIntegerField()),
            "changing-column-type",
        ),
    ],
)
def test_it_finds_what_would_block_them(operation: Operation, fault: str) -> None:
    assert fault in faults_of(migrations.RunSQL(AT_MOST), operation)


def test_a_migration_has_to_say_how_long_it_waits_for_a_lock() -> None:
    nullable = migrations.AddField("delivery", "note", models.UUIDField(null=True))

    assert "require-lock-timeout" in faults_of(nullable)
    assert faults_of(migrations.RunSQL(AT_MOST), nullable) == ""


def test_an_index_is_added_beside_them() -> None:
    wait = migrations.RunSQL("SET lock_timeout = '5s'")

    assert faults_of(wait, AddIndexConcurrently("delivery", AGE), atomic=False) == ""
