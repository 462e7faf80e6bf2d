"""The tool `search_transcripts`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import Field

from accounts.models import Organization
from api.caller import Caller
from api.conversations import Conversation, ConversationParameters, list_conversations
from api.mcp.conversations import page_of_conversation
from api.mcp.pages import page_of
from api.mcp.parts import part_that_fits
from api.mcp.server import tool
from api.parameters import Limit, Text
from api.resources import Resource, as_json
from conversations.search.matching import Matcher
from conversations.search.turn_texts import TurnText, turn_texts
from web.snapshot import one_snapshot

MAX_MATCHES = 3
AROUND = 120  # characters on each side of a word
# Transcripts that are read at once, and what is looked through for one answer.
ROWS_AT_ONCE = 20
MAX_ANSWER_CHARACTERS = 4_000_000


class Match(Resource):
    turn: int = Field(description="Its place in the transcript, from 0.")
    role: str
    text: str = Field(description="What stands around the words.")


class Found(Resource):
    """A conversation that has all the words."""

    conversation_id: UUID
    agent_id: UUID
    name: str
    reference_id: str
    created_at: datetime
    matches: list[Match] = Field(
        description=f"The first {MAX_MATCHES} turns with one of the words, those of "
        "people before those of tools; empty where the words are in the name, the "
        "reference or what a tool was asked."
    )
    url: str = Field(description="Its page in the dashboard.")


class SearchParameters(ConversationParameters):
    q: Text = Field(
        description="Words, all of which a conversation must have, in its turns, "
        "reference or customer; the last one also as a prefix. Not a phrase, no "
        "operators. Case, accents and strokes do not count. A phone number with or "
        "without its country, spaces and signs.",
        examples=["missing order"],
    )
    limit: Limit = Field(10, description="How many conversations at most.")


@tool(
    title="Search transcripts",
    description="Conversations in which these words were said, the newest first, with "
    "the places where they stand. Any filter of list_conversations narrows it. Read one "
    "whole with get_transcript. A part may be short and still have a nextCursor. What "
    "was posted less than a few seconds ago may be missing. Of turns of very many "
    "characters only the beginning is searched: searchedCharacters of get_transcript.",
    takes=SearchParameters,
    gives=page_of(Found),
)
def search_transcripts(caller: Caller, arguments: SearchParameters) -> dict[str, Any]:
    """Return conversations in which all words occur, with the turns that have them."""
    organization = caller.organization
    matcher = Matcher(arguments.q)
    with one_snapshot():
        part = list_conversations(organization, arguments)
        found = _matches_by_row(part.rows, matcher)
        return part_that_fits(
            part,
            (as_json(_found(organization, row, matches)) for row, matches in found),
        )


def _found(
    organization: Organization, row: Conversation, matches: list[Match]
) -> Found:
    return Found(
        conversation_id=row.id,
        agent_id=row.agent_id,
        name=row.name,
        reference_id=row.reference_id,
        created_at=row.created_at,
        matches=matches,
        url=page_of_conversation(organization, row.id),
    )


def _matches_by_row(
    rows: Sequence[Conversation], matcher: Matcher
) -> Iterator[tuple[Conversation, list[Match]]]:
    """Yield the rows with what was found in them, some transcripts at a time, until
    enough is read for one answer."""
    room = MAX_ANSWER_CHARACTERS
    for start in range(0, len(rows), ROWS_AT_ONCE):
        some = rows[start : start + ROWS_AT_ONCE]
        matches: dict[UUID, list[Match]] = {row.id: [] for row in some}
        with closing(turn_texts(list(matches))) as turns:
            for turn in turns:
                room -= len(turn.text)
                found = matches[turn.conversation_id]
                if len(found) < MAX_MATCHES and matcher.count(turn.text):
                    found.append(_match(turn, matcher))
        for found in matches.values():
            # What people said was read first.
            found.sort(key=lambda match: match.turn)
        yield from ((row, matches[row.id]) for row in some)
        if room <= 0:
            return


def _match(turn: TurnText, matcher: Matcher) -> Match:
    text = turn.text
    place, _ = next(matcher.spans(text), (0, 0))
    start, end = max(place - AROUND, 0), place + AROUND
    before, after = "…" if start else "", "…" if end < len(text) else ""
    return Match(
        turn=turn.number - 1,
        role=turn.role,
        text=f"{before}{text[start:end]}{after}",
    )
