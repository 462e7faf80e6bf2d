"""What was said in some conversations, as far as a search shows it: read turn by turn
from a cursor of the database, so that no transcript is ever held whole."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import connection

from conversations.search.searched_text import PEOPLE
from web.snapshot import one_snapshot

# Of a transcript.
MAX_TEXT_CHARACTERS = 200_000
# Of one turn.
MAX_TURN_CHARACTERS = 50_000
# Rows that are in memory at once.
FETCHED = 20
TEXTS = """
    SELECT asked.id, said.number, said.role, left(said.text, LEAST(
        %(turn)s, %(transcript)s - said.before
    )::int)
    FROM unnest(%(ids)s::uuid[]) WITH ORDINALITY AS asked (id, place)
    JOIN conversations_transcript AS kept ON kept.conversation_id = asked.id
    CROSS JOIN LATERAL (
        SELECT turn.number, turn.value->>'role' AS role, turn.value->>'content' AS text,
            speaker.rank,
            coalesce(sum(LEAST(length(turn.value->>'content'), %(turn)s)) OVER (
                ORDER BY speaker.rank, turn.number
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
            ), 0) AS before
        FROM jsonb_array_elements(
            CASE jsonb_typeof(kept.turns) WHEN 'array' THEN kept.turns END
        ) WITH ORDINALITY AS turn (value, number)
        CROSS JOIN LATERAL (
            SELECT coalesce(turn.value->>'role' <> ALL(%(people)s), true) AS rank
        ) AS speaker
        WHERE (turn.value->>'role' = 'system'
            AND turn.value->>'content' = kept.system_prompt) IS NOT TRUE
    ) AS said
    WHERE said.before < %(transcript)s AND said.text <> ''
    ORDER BY asked.place, said.rank, said.number
"""


@dataclass(frozen=True, slots=True)
class TurnText:
    """What was said in a turn, as much as is looked at. number: from 1."""

    conversation_id: UUID
    number: int
    role: str
    text: str


def turn_texts(conversations: Sequence[UUID]) -> Generator[TurnText, None, None]:
    """Yield the turns in the order of the conversations, without system prompts; what
    people said comes before what tools gave, so that these take no room from it.

    Whoever stops early closes it.
    """
    asked: dict[str, Any] = {
        "ids": list(conversations),
        "turn": MAX_TURN_CHARACTERS,
        "transcript": MAX_TEXT_CHARACTERS,
        "people": list(PEOPLE),
    }
    # In a transaction, else the database would lay the whole answer down first.
    with one_snapshot(), connection.chunked_cursor() as cursor:
        cursor.execute(TEXTS, asked)
        while rows := cursor.fetchmany(FETCHED):
            for row in rows:
                yield TurnText(*row)
