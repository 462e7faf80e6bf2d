"""The tools `list_conversations`, `get_conversation` and `get_transcript`."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from pydantic import Field

from accounts.models import Organization
from api.caller import Caller
from api.conversations import (
    Conversation,
    ConversationParameters,
)
from api.conversations import (
    get_conversation as get,
)
from api.conversations import (
    list_conversations as list_,
)
from api.mcp.bounds import (
    FREE_JSON,
    MAX_FREE_JSON_CHARACTERS,
    MAX_TEXT_CHARACTERS,
    count_that_fit,
    cut,
    cut_json,
)
from api.mcp.pages import page, page_of, with_url
from api.mcp.parts import part_that_fits
from api.mcp.server import tool
from api.pagination import strange_cursor
from api.parameters import Cursor, Id, Parameters
from api.resources import as_json
from api.transcripts import SearchedCharacters, Transcript, get_transcript_part
from conversations.stored_turns import StoredTurn

# Read and cut at once; far more than fit into one answer.
TURNS_AT_ONCE = 200
MAX_TURN_CHARACTERS = 4_000
FIND_IT = "list_conversations and search_transcripts give the ids."

ConversationWithPage = with_url(Conversation)
TranscriptWithPage = with_url(
    Transcript,
    searchedCharacters=(
        SearchedCharacters | None,
        Field(
            description="How much of each turn is found by words; null where all of it "
            "is."
        ),
    ),
    nextCursor=(
        str | None,
        Field(
            description="Pass it as `cursor` for the following turns; null at the end."
        ),
    ),
)


class ConversationArguments(Parameters):
    conversation_id: Id = Field(
        description="From list_conversations, search_transcripts or list_deliveries."
    )


class TranscriptArguments(ConversationArguments):
    cursor: Cursor | None = Field(
        None, description="`nextCursor` of the part before; the first turns without it."
    )


@tool(
    title="List conversations",
    description="Finished sessions, the newest first, without what was said. All "
    "filters must fit. For words of the transcript rather use search_transcripts, which "
    "shows where they are.",
    takes=ConversationParameters,
    gives=page_of(ConversationWithPage),
)
def list_conversations(
    caller: Caller, arguments: ConversationParameters
) -> dict[str, Any]:
    """List conversations, with their metadata cut."""
    organization = caller.organization
    part = list_(organization, arguments)
    return part_that_fits(
        part, (_shown(organization, row, FREE_JSON) for row in part.rows)
    )


@tool(
    title="One conversation",
    description="The facts of one finished session: who called, how long, how it ended, "
    "cost, metadata. What was said: get_transcript.",
    takes=ConversationArguments,
    gives=ConversationWithPage,
    not_found=FIND_IT,
)
def get_conversation(
    caller: Caller, arguments: ConversationArguments
) -> dict[str, Any]:
    """Return the facts of one conversation."""
    conversation = get(caller.organization, arguments.conversation_id)
    return _shown(caller.organization, conversation, MAX_FREE_JSON_CHARACTERS)


@tool(
    title="What was said",
    description="The turns of one conversation in order, tool calls among them, with "
    "the system prompt. Long ones come in parts: go on with nextCursor. `content` is "
    "null where no transcript was sent, [] where nobody said anything.",
    takes=TranscriptArguments,
    gives=TranscriptWithPage,
    not_found=FIND_IT,
)
def get_transcript(caller: Caller, arguments: TranscriptArguments) -> dict[str, Any]:
    """Return a part of the turns of one conversation, as many as fit.

    Raises:
        Refusal: 400, the cursor is none of this transcript.
    """  # noqa: DOC501 - `strange_cursor` makes a Refusal
    organization = caller.organization
    start = _place_in(arguments.cursor)
    part = get_transcript_part(
        organization,
        arguments.conversation_id,
        start,
        count=TURNS_AT_ONCE,
        characters=MAX_TURN_CHARACTERS,
    )
    if start and start >= part.total:
        raise strange_cursor()
    shown = [_turn(turn) for turn in part.turns]
    end = start + count_that_fit(shown)
    prompt = part.transcript.system_prompt
    if prompt and start:
        prompt = "… (in the first part)"
    return as_json(part.transcript) | {
        "systemPrompt": cut(prompt, MAX_TEXT_CHARACTERS) if prompt else None,
        "searchedCharacters": as_json(part.searched) if part.searched else None,
        "content": shown[: end - start] if part.was_sent else None,
        "nextCursor": str(end) if end < part.total else None,
        "url": page_of_conversation(organization, arguments.conversation_id),
    }


def _place_in(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not cursor.isdecimal() or not cursor.isascii() or len(cursor) > 6:
        raise strange_cursor()
    return int(cursor)


def _turn(turn: StoredTurn) -> dict[str, Any]:
    content = turn.get("content") or ""
    known = {
        "role": turn.get("role"),
        "content": cut(content, MAX_TURN_CHARACTERS, turn.more.get("content", 0)),
    }
    others = {name: each for name, each in turn.items() if name not in known}
    left_out = turn.left_out
    # Cut, they are a text, which metrics are not.
    if "metrics" in turn.more:
        del others["metrics"]
        left_out += 1
    return known | cut_json(others, FREE_JSON, more=turn.more, left_out=left_out)


def _shown(
    organization: Organization, conversation: Conversation, room: int
) -> dict[str, Any]:
    fields = as_json(conversation)
    return fields | {
        "metadata": cut_json(fields["metadata"], room),
        "url": page_of_conversation(organization, conversation.id),
    }


def page_of_conversation(organization: Organization, conversation_id: UUID) -> str:
    """Return the address of a conversation's page."""
    return page(organization, "conversations:detail", conversation_id)
