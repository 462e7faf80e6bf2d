"""The turns of one transcript, read from a cursor of the database one after the other.

A transcript may be five megabytes, in one turn or in ten thousand, and ten times as much
as objects. So whoever shows turns reads them here: each comes as it was sent where that
is short, and cut by the database where it is long. Whoever hands out all of it takes
its JSON as the database writes it, and makes no objects of it.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from django.db import connection

from web.snapshot import one_snapshot

# A turn up to this size comes as it was sent, bytes as the database keeps it.
WHOLE_BYTES = 16 * 1024
# Of longer ones: so many keys, and of their values so many characters.
MAX_KEYS = 40
MAX_SPOKEN_CHARACTERS = 10_000
MAX_VALUE_CHARACTERS = 1_000
# What may be as long as a turn.
SPOKEN = ["content", "arguments"]
# What tells what a turn is comes before any other key.
TELLING = [
    *("role", "kind", "toolName", "toolCallId", "isError", "interrupted"),
    *("startedAt", "endedAt", "timestamp", "startSeconds", "endSeconds", "metrics"),
    *SPOKEN,
]
# Rows that are in memory at once.
FETCHED = 50
_TURNS = """
    FROM conversations_transcript AS kept
    CROSS JOIN LATERAL jsonb_array_elements(
        CASE jsonb_typeof(kept.turns) WHEN 'array' THEN kept.turns END
    ) WITH ORDINALITY AS turn (value, number)
"""
_WHICH = """
    WHERE kept.conversation_id = %(id)s AND turn.number >= %(start)s
        AND (%(numbers)s::bigint[] IS NULL OR turn.number = ANY(%(numbers)s))
    ORDER BY turn.number
"""
BOUNDED = f"""
    SELECT turn.number,
        CASE WHEN pg_column_size(turn.value) <= %(whole)s THEN turn.value::text END
            AS whole,
        cut.keys, cut.left_out
    {_TURNS}
    LEFT JOIN LATERAL (
        SELECT jsonb_agg(jsonb_build_array(name, part, size))::text AS keys,
            max(total) - count(*) AS left_out
        FROM (
            SELECT left(each.key, 255) AS name, count(*) OVER () AS total,
                CASE WHEN pg_column_size(each.value) <= bound.characters
                    THEN each.value
                    ELSE to_jsonb(left(each.value #>> '{{}}', bound.characters))
                END AS part,
                CASE WHEN pg_column_size(each.value) > bound.characters
                    THEN length(each.value #>> '{{}}') ELSE 0
                END AS size
            FROM jsonb_each(turn.value) AS each
            CROSS JOIN LATERAL (
                SELECT CASE WHEN each.key = ANY(%(spoken)s)
                    THEN %(spoken_characters)s ELSE %(value_characters)s
                END AS characters
            ) AS bound
            ORDER BY coalesce(array_position(%(telling)s, each.key), 99), each.key
            LIMIT %(keys)s
        ) AS shown
    ) AS cut ON pg_column_size(turn.value) > %(whole)s
    {_WHICH}
"""  # noqa: S608
# The same for one row of another statement: a list of them as JSON, or null.
BOUNDED_PART = f"""
    SELECT jsonb_agg(jsonb_build_array(number, whole, keys, left_out))::text
    FROM ({BOUNDED} LIMIT %(count)s) AS part
"""  # noqa: S608
AS_JSON = f"SELECT turn.value::text {_TURNS} {_WHICH}"
SPOKEN_TEXTS = f"""
    SELECT turn.number, coalesce(turn.value->>'content', ''),
        coalesce(turn.value->>'toolName', ''), coalesce(turn.value->>'arguments', '')
    {_TURNS} {_WHICH}
"""


class StoredTurn(dict[str, Any]):
    """A turn as it was sent, or what there is room for of it.

    number: from 1. size: characters of its JSON, as far as it is here.
    more: by key, how many characters of its text are left out.
    left_out: how many keys are.
    """

    __slots__ = ("left_out", "more", "number", "size")

    def __init__(
        self,
        values: Mapping[str, Any],
        *,
        number: int,
        size: int,
        more: Mapping[str, int],
        left_out: int = 0,
    ) -> None:
        super().__init__(values)
        self.number = number
        self.size = size
        self.more = more
        self.left_out = left_out


class SpokenTexts(NamedTuple):
    """All that a turn says. arguments: those of a tool, as text."""

    number: int
    content: str
    tool_name: str
    arguments: str


def stored_turns(
    conversation_id: UUID,
    *,
    start: int = 1,
    numbers: Sequence[int] | None = None,
    spoken_characters: int = MAX_SPOKEN_CHARACTERS,
) -> Generator[StoredTurn, None, None]:
    """Yield the turns in order, each within bounds. Whoever stops early closes it.

    start: the number of the first one. numbers: of those that are asked for, else all.
    spoken_characters: of what was said, and of a tool's arguments.
    """
    bounds = bounds_of(conversation_id, spoken_characters, start, numbers)
    for row in _rows(BOUNDED, bounds):
        yield _turn(*row)


def bounds_of(
    conversation_id: UUID,
    spoken_characters: int,
    start: int = 1,
    numbers: Sequence[int] | None = None,
) -> dict[str, Any]:
    """Return what the statements of bounded turns are asked with."""
    return {
        **_which(conversation_id, numbers, start),
        "whole": min(WHOLE_BYTES, spoken_characters),
        "spoken": SPOKEN,
        "telling": TELLING,
        "spoken_characters": spoken_characters,
        "value_characters": MAX_VALUE_CHARACTERS,
        "keys": MAX_KEYS,
    }


def turns_of_part(part: str | None) -> list[StoredTurn]:
    """Return the turns that `BOUNDED_PART` gave."""
    return [_turn(*row) for row in json.loads(part or "[]")]


def _turn(
    number: int, whole: str | None, keys: str | None, left_out: int | None
) -> StoredTurn:
    if whole is None:
        return _cut(number, keys, left_out)
    return StoredTurn(json.loads(whole), number=number, size=len(whole), more={})


def _cut(number: int, keys: str | None, left_out: int | None) -> StoredTurn:
    given = json.loads(keys or "[]")
    return StoredTurn(
        {name: part for name, part, _ in given},
        number=number,
        size=len(keys or ""),
        more={
            name: size - len(part)
            for name, part, size in given
            if size and size > len(part)
        },
        left_out=left_out or 0,
    )


def turns_as_json(
    conversation_id: UUID, *, numbers: Sequence[int] | None = None
) -> Iterator[str]:
    """Yield each turn, whole, as the JSON of it that the database writes.

    numbers: of those that are asked for, else all.
    """
    for (text,) in _rows(AS_JSON, _which(conversation_id, numbers)):
        yield text


def spoken_texts(
    conversation_id: UUID, numbers: Sequence[int]
) -> Iterator[SpokenTexts]:
    """Yield all that these turns say, in order."""
    for row in _rows(SPOKEN_TEXTS, _which(conversation_id, numbers)):
        yield SpokenTexts(*row)


def _which(
    conversation_id: UUID, numbers: Sequence[int] | None, start: int = 1
) -> dict[str, Any]:
    asked = None if numbers is None else list(numbers)
    return {"id": conversation_id, "start": start, "numbers": asked}


def _rows(statement: str, given: Mapping[str, Any]) -> Iterator[tuple[Any, ...]]:
    # In a transaction, else the database would lay the whole answer down first.
    with one_snapshot(), connection.chunked_cursor() as cursor:
        cursor.execute(statement, given)
        while rows := cursor.fetchmany(FETCHED):
            yield from rows
