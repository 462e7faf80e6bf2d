"""Updating many rows in one statement, as one JSON document (see
`conversations.bulk_write`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection
from django.db.models import Model


def update_rows(model: type[Model], changes: Mapping[Any, Mapping[str, Any]]) -> None:
    """Set fields of rows.

    changes: by primary key; each has the same fields.
    """
    if not changes:
        return
    meta = model._meta
    key = meta.pk
    fields = [meta.get_field(name) for name in next(iter(changes.values()))]
    columns = [(one.column, one.db_type(connection)) for one in [key, *fields]]  # type: ignore[union-attr]
    types = ", ".join(f"{column} {kind}" for column, kind in columns)
    sets = ", ".join(f"{column} = told.{column}" for column, _ in columns[1:])
    statement = f"""
        UPDATE {meta.db_table} AS own SET {sets}
        FROM jsonb_to_recordset(%s::jsonb) AS told ({types})
        WHERE own.{key.column} = told.{key.column}
    """  # noqa: S608 - all names are the model's own
    rows = [{key.column: pk, **values} for pk, values in changes.items()]
    document = json.dumps(_storable(rows), default=str, ensure_ascii=False)
    with connection.cursor() as cursor:
        cursor.execute(statement, [document])


def _storable(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [dict(row) for row in rows]
