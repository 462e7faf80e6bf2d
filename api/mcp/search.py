"""The tool `search_transcripts`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
from conversations.models import Transcript
from conversations.search.tokenizer import AskedWord, asked_words, normalize
from web.snapshot import one_snapshot

MAX_MATCHES = 3
# Of each turn so much is looked at, and so much is shown on each side of a word.
LOOKED_AT = 20_000
AROUND = 120


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
        description=f"The first {MAX_MATCHES} turns with one of the words; empty where "
        "they are in the name, the reference or what a tool was asked."
    )
    url: str = Field(description="Its page in the dashboard.")


class SearchParameters(ConversationParameters):
    q: Text = Field(
        description="Words, all of which a conversation must have, in its turns, "
        "reference or customer; the last one also as a prefix. Not a phrase, no "
        "operators.",
        examples=["missing order"],
    )
    limit: Limit = Field(10, description="How many conversations at most.")


@tool(
    title="Search transcripts",
    description="Conversations in which these words were said, the newest first, with "
    "the places where they stand. Any filter of list_conversations narrows it. Read one "
    "whole with get_transcript. What was posted less than a few seconds ago may be "
    "missing.",
    takes=SearchParameters,
    gives=page_of(Found),
)
def search_transcripts(caller: Caller, arguments: SearchParameters) -> dict[str, Any]:
    """Return conversations in which all words occur, with the turns that have them."""
    with one_snapshot():
        part = list_conversations(caller.organization, arguments)
        turns = dict(
            Transcript.objects.filter(
                conversation_id__in=[row.id for row in part.rows]
            ).values_list("conversation_id", "turns")
        )
    words = asked_words(arguments.q)

    def show(row: Conversation) -> dict[str, Any]:
        matches = list(_matches(turns.get(row.id) or [], words))
        return as_json(_found(caller.organization, row, matches))

    return part_that_fits(part, show)


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


def _matches(
    turns: Sequence[dict[str, Any]], words: Sequence[AskedWord]
) -> Iterator[Match]:
    found = 0
    for number, turn in enumerate(turns):
        text = turn["content"][:LOOKED_AT]
        if _has_one(normalize(text), words):
            yield Match(turn=number, role=turn["role"], text=_around(text, words))
            found += 1
        if found == MAX_MATCHES:
            return


def _has_one(folded: str, words: Sequence[AskedWord]) -> bool:
    return any(
        word.whole in folded or all(part in folded for part in word.parts)
        for word in words
    )


def _around(text: str, words: Sequence[AskedWord]) -> str:
    """Return the text around the first of the words.

    Normalizing may change how long a text is, so the place is looked for in the text
    itself: of the first word that is written there as it was searched for.
    """
    lower = text.lower()
    spellings = [each for word in words for each in (word.whole, *word.parts)]
    places = [lower.find(each) for each in spellings]
    place = next((each for each in places if each >= 0), 0)
    start, end = max(place - AROUND, 0), place + AROUND
    before, after = "…" if start else "", "…" if end < len(text) else ""
    return f"{before}{text[start:end]}{after}"
