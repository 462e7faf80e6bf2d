"""Writing many rows in one statement, as one JSON document.

`bulk_create` sends an array for each column and quotes every text in it, which takes a
worker three times as long.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from django.db import connection
from django.db.models import Field, Model

# A document of Postgres must stay below 256 MB.
DOCUMENT_CHARACTERS = 16 * 1024 * 1024


def insert_missing(rows: Sequence[Model], *, unique: Sequence[str]) -> set[Any]:
    """Insert the rows in their order; return the primary keys of those that were not
    there.

    unique: the columns of the constraint that decides.
    """
    return _write(rows, f"ON CONFLICT ({', '.join(unique)}) DO NOTHING")


def insert_or_update(rows: Sequence[Model], *, fields: Sequence[str]) -> None:
    """Insert the rows; of those that are there by primary key, set these fields."""
    if rows:
        meta = rows[0]._meta
        columns = [_column(meta.get_field(name)) for name in fields]
        changes = ", ".join(f"{name} = EXCLUDED.{name}" for name in columns)
        _write(rows, f"ON CONFLICT ({meta.pk.column}) DO UPDATE SET {changes}")


def _write(rows: Sequence[Model], on_conflict: str) -> set[Any]:
    if not rows:
        return set()
    meta = rows[0]._meta
    fields: list[Field[Any, Any]] = list(meta.concrete_fields)
    columns = ", ".join(map(_column, fields))
    types = ", ".join(f"{_column(one)} {one.db_type(connection)}" for one in fields)
    statement = f"""
        INSERT INTO {meta.db_table} ({columns})
        SELECT {columns} FROM jsonb_to_recordset(%s::jsonb) AS row ({types})
        {on_conflict} RETURNING {meta.pk.column}
    """  # noqa: S608 - all names are the model's own
    written: set[Any] = set()
    with connection.cursor() as cursor:
        for document in _documents(rows, fields):
            cursor.execute(statement, [document])
            written |= {key for (key,) in cursor.fetchall()}
    return written


def _documents(
    rows: Sequence[Model], fields: Sequence[Field[Any, Any]]
) -> Iterator[str]:
    names = [(_column(one), one.attname) for one in fields]
    parts: list[str] = []
    size = 0
    for row in rows:
        values = row.__dict__
        part = json.dumps(
            {column: values[name] for column, name in names},
            default=_as_text,
            ensure_ascii=False,
            allow_nan=False,
        )
        if parts and size + len(part) > DOCUMENT_CHARACTERS:
            yield f"[{','.join(parts)}]"
            parts, size = [], 0
        parts.append(part)
        size += len(part)
    yield f"[{','.join(parts)}]"


def _as_text(value: Any) -> str:
    """Return bytes, ids, moments and amounts as Postgres reads them."""
    return rf"\x{value.hex()}" if isinstance(value, bytes) else str(value)


def _column(field: Any) -> str:
    name: str = field.column
    return name
