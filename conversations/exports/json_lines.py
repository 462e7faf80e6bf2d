"""Conversations as JSON, one to a line, each as `/v1` answers it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from uuid import UUID

from django.db import connection

from conversations.models import Conversation
from conversations.public_shape import (
    as_json_value,
    conversation_shape,
    transcript_shape,
)

# Transcripts that are in memory at once: so many, or fewer long ones.
TOGETHER = 20
TURNS_TOGETHER = 1_000
# Of their text; the one that goes over it is the last of them.
BYTES_TOGETHER = 2 * 1024 * 1024
Kept = tuple[str, str | None]
# Each text is made once. One that does not fit any more stays in the database.
TRANSCRIPTS = """
    WITH texts AS MATERIALIZED (
        SELECT conversation_id, system_prompt, turns::text AS turns
        FROM conversations_transcript WHERE conversation_id = ANY(%(ids)s)
    ), placed AS (
        SELECT *, coalesce(
            sum(octet_length(system_prompt) + coalesce(octet_length(turns), 0)) OVER (
                ORDER BY array_position(%(ids)s, conversation_id)
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ), 0
        ) < %(bytes)s AS fits
        FROM texts
    )
    SELECT conversation_id, fits,
        CASE WHEN fits THEN system_prompt END, CASE WHEN fits THEN turns END
    FROM placed
"""


class JsonLines:
    """Writes conversations as objects, a line each."""

    def __init__(self, *, with_transcripts: bool) -> None:
        self.with_transcripts = with_transcripts

    def head(self) -> bytes:
        return b""

    def lines(self, rows: Sequence[Conversation]) -> Iterable[tuple[int, bytes]]:
        """Yield the lines of some of these conversations at a time: how many, and their
        bytes."""
        shapes = {row.id: conversation_shape(row) for row in rows}
        if not self.with_transcripts:
            lines = (f"{as_json(shapes[row.id])}\n" for row in rows)
            yield len(rows), "".join(lines).encode()
            return
        for group in groups(rows):
            for part, kept in parts_with_transcripts(group):
                lines = (_line(row, shapes[row.id], kept.get(row.id)) for row in part)
                yield len(part), "".join(lines).encode()

    def broken_off(self, rows: int, reason: str) -> bytes:
        """Mark it by an object with a key that no conversation has."""
        last = {
            "incomplete": True,
            "rows": rows,
            "error": f"This file is incomplete: {reason}",
        }
        return f"{as_json(last)}\n".encode()


def _line(row: Conversation, shape: dict[str, Any], kept: Kept | None) -> str:
    system_prompt, turns = kept or ("", None)
    transcript = transcript_shape(row, system_prompt)
    # The turns are JSON already: made into objects they would take ten times the
    # memory.
    return (
        f'{as_json(shape)[:-1]}, "transcript": '
        f'{as_json(transcript)[:-1]}, "content": {turns or "null"}}}}}\n'
    )


def groups(rows: Sequence[Conversation]) -> Iterator[list[Conversation]]:
    group: list[Conversation] = []
    turns = 0
    for row in rows:
        turns += row.turn_count
        if group and (len(group) == TOGETHER or turns > TURNS_TOGETHER):
            yield group
            group, turns = [], row.turn_count
        group.append(row)
    if group:
        yield group


def parts_with_transcripts(
    group: Sequence[Conversation],
) -> Iterator[tuple[Sequence[Conversation], dict[UUID, Kept]]]:
    """Yield the rows in order, as many at a time as their transcripts
    leave room for, with prompts and turns, as JSON."""
    start, count = 0, len(group)
    while start < len(group):
        asked = group[start : start + count]
        kept, fitting = read_transcripts(asked)
        yield asked[:fitting], kept
        start += fitting
        # Where all are long, no more than as many again are looked at in vain.
        count = 2 * fitting


def read_transcripts(rows: Sequence[Conversation]) -> tuple[dict[UUID, Kept], int]:
    """Return those of the first rows, as many as leave room for each other; and
    how many rows that are, with those that have none."""
    ids = [row.id for row in rows]
    with connection.cursor() as cursor:
        cursor.execute(TRANSCRIPTS, {"ids": ids, "bytes": BYTES_TOGETHER})
        found = cursor.fetchall()
    kept = {id_: (prompt, turns) for id_, fits, prompt, turns in found if fits}
    left = {id_ for id_, fits, *_ in found if not fits}
    return kept, next((n for n, id_ in enumerate(ids) if id_ in left), len(ids))


# Made once: `json.dumps` would make one for each value.
as_json = json.JSONEncoder(ensure_ascii=False, default=as_json_value).encode
