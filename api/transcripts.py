"""What was said in a conversation, as programs see it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.db.models import F, TextField
from django.db.models.functions import Cast
from pydantic import Field

from accounts.models import Organization
from api.resources import DescribedAs, Resource, nothing
from conversations.models import Conversation as ConversationRow
from conversations.public_shape import transcript_shape
from conversations.stored_turns import (
    BOUNDED_PART,
    StoredTurn,
    bounds_of,
    turns_of_part,
)
from integrations.providers.canonical import schema

# A conversation with some of its turns, in one query.
TRANSCRIPT_PART = f"""
    SELECT one.*, said.system_prompt, ({BOUNDED_PART}) AS part,
        entry.said_limit, entry.tools_limit,
        CASE jsonb_typeof(said.turns) WHEN 'array' THEN jsonb_array_length(said.turns)
        END AS total
    FROM conversations_conversation AS one
    LEFT JOIN conversations_transcript AS said ON said.conversation_id = one.id
    LEFT JOIN conversations_searchentry AS entry ON entry.conversation_id = one.id
    WHERE one.id = %(id)s AND one.organization_id = %(organization)s
"""  # noqa: S608


class Turn(schema.Turn):
    """One utterance, tool call or tool result; other keys as they were sent."""

    role: Literal["user", "assistant", "system", "tool"] = Field(
        description="Who speaks.", examples=["user"]
    )
    content: str = Field(
        description="What was said; of a tool, what it gave.",
        examples=["Where is my order?"],
    )


class SearchedCharacters(Resource):
    """How much of a long turn the search looks at: characters from its beginning."""

    said: int | None = Field(
        description="Of each turn of a caller or an agent; null: all of it.",
        examples=[None],
    )
    tools: int | None = Field(
        description="Of each other turn; null: all of it.", examples=[None]
    )


class Transcript(Resource):
    """What was said, in order."""

    conversation_id: UUID = Field(
        description="Whose transcript it is.",
        examples=["019ab1d2-7c1e-7d30-9a55-0c9f4b7a1e22"],
    )
    system_prompt: str | None = Field(
        description="What the agent was told before the call.",
        examples=["You answer the phone of Northwind."],
    )
    duration_seconds: float | None = Field(description="Seconds.", examples=[5.812])
    recording_url: str | None = Field(
        description="Of the audio that Zelto keeps, to be asked for with a key; null "
        "where there is none.",
        examples=[
            "https://zelto.example.com/v1/conversations/"
            "019ab1d2-7c1e-7d30-9a55-0c9f4b7a1e22/recording"
        ],
    )
    # Kept as they are: building a model of each of 10,000 turns is for nobody.
    content: Annotated[list[dict[str, Any]] | None, DescribedAs(list[Turn] | None)] = (
        Field(
            description="The turns; null where no transcript was sent, `[]` where nobody "
            "said anything."
        )
    )
    created_at: datetime = Field(
        description="When the conversation's first delivery arrived, UTC.",
        examples=["2026-11-22T12:31:49.120000Z"],
    )


def transcript_json(organization: Organization, conversation_id: UUID) -> bytes:
    """Return a conversation's transcript as a program gets it; `content` is null where
    none was sent.

    The turns come from the database as JSON and go out as they are: as objects they
    would take ten times the memory.

    Raises:
        Http404: the organization has no such conversation.
    """  # noqa: DOC501 - `nothing` makes an Http404
    rows = ConversationRow.objects.in_organization(organization)
    found = rows.filter(pk=conversation_id).annotate(
        system_prompt=F("transcript__system_prompt"),
        content=Cast("transcript__turns", TextField()),
    )
    row: Any = found.first()
    if row is None:
        raise nothing("conversation")
    facts = _without_turns(row).model_dump_json(by_alias=True, exclude={"content"})
    return b"".join(
        [
            facts.removesuffix("}").encode(),
            b',"content":',
            (row.content or "null").encode(),
            b"}",
        ]
    )


@dataclass(frozen=True, slots=True)
class TranscriptPart:
    """transcript: without its turns. searched: how much of each turn is found by words;
    None where all of it is. was_sent: whether there are any turns, be it none. total: of
    all turns.
    """

    transcript: Transcript
    searched: SearchedCharacters | None
    was_sent: bool
    total: int
    turns: list[StoredTurn]


def get_transcript_part(
    organization: Organization,
    conversation_id: UUID,
    start: int,
    *,
    count: int,
    characters: int,
) -> TranscriptPart:
    """Return some turns of a transcript, each within bounds, from the place `start`.

    Raises:
        Http404: the organization has no such conversation.
    """  # noqa: DOC501 - `nothing` makes an Http404
    asked = bounds_of(conversation_id, characters, start=start + 1)
    asked |= {"count": count, "organization": organization.pk}
    row: Any = next(iter(ConversationRow.objects.raw(TRANSCRIPT_PART, asked)), None)
    if row is None:
        raise nothing("conversation")
    return TranscriptPart(
        _without_turns(row),
        _searched(row),
        was_sent=row.total is not None,
        total=row.total or 0,
        turns=turns_of_part(row.part),
    )


def _without_turns(row: Any) -> Transcript:
    """row: a conversation with its prompt."""
    return Transcript(**transcript_shape(row, row.system_prompt or ""), content=None)


def _searched(row: Any) -> SearchedCharacters | None:
    limits = {"said": row.said_limit, "tools": row.tools_limit}
    is_cut = any(limit is not None for limit in limits.values())
    return SearchedCharacters(**limits) if is_cut else None
