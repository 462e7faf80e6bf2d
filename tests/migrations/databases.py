"""A second database beside that of the tests, and the structure of one."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from django.db import connection

INSTALLATION = Path(__file__).with_name("installation.sql")
# Of that database. `WITH (FORCE)` would end a vacuum as well, which one may not; without, it
# is asked to end by itself.
END_OWN = """
    SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
    WHERE datname = %s AND usename = current_user"""
# What `make_key` would have given, had it been there: the full key of Acme.
KEY = "zelto_PAVhywQL187kTqP2MfNuNnKCTYZcDlYO56L1FeFNJuA0RCaTL"

STRUCTURE = {
    "columns": """
        SELECT table_name,
            row_number() OVER (PARTITION BY table_name ORDER BY ordinal_position),
            column_name, data_type, is_nullable, column_default,
            character_maximum_length, is_identity
        FROM information_schema.columns WHERE table_schema = 'public'""",
    "indexes": "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "constraints": """
        SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
        FROM pg_constraint WHERE connamespace = 'public'::regnamespace""",
    "triggers": """
        SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal""",
    "functions": """
        SELECT proname, pg_get_functiondef(oid) FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace""",
}


@contextmanager
def another_database() -> Iterator[None]:
    """Point Django's connection to a new, empty database for a while."""
    name = f"zelto_upgrade_{uuid.uuid4().hex[:12]}"
    before = connection.settings_dict["NAME"]
    with connection._nodb_cursor() as cursor:
        cursor.execute(f'CREATE DATABASE "{name}"')
    connection.close()
    connection.settings_dict["NAME"] = name
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = before
        with connection._nodb_cursor() as cursor:
            cursor.execute(END_OWN, [name])
            cursor.execute(f'DROP DATABASE "{name}"')


def load_installation() -> None:
    """Put the old installation into the database that Django is connected to."""
    parameters = connection.get_connection_params()
    for name in ("cursor_factory", "context", "prepare_threshold"):
        parameters.pop(name, None)
    with psycopg.connect(**parameters) as loading:
        loading.execute(INSTALLATION.read_bytes())


def structure() -> dict[str, list[str]]:
    """Return tables, indexes, constraints, triggers and functions as sorted texts."""
    found = {}
    with connection.cursor() as cursor:
        for kind, query in STRUCTURE.items():
            cursor.execute(query)
            found[kind] = sorted(_text(row) for row in cursor.fetchall())
    return found


def _text(row: tuple[object, ...]) -> str:
    """Return a row as text, without the casts and brackets that a dump writes in
    another way.
    """
    text = " ".join(str(value) for value in row)
    for noise in ("::character varying", "::text", "(", ")", "[]"):
        text = text.replace(noise, "")
    return text
