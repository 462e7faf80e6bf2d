"""Conversations as programs see them."""

from __future__ import annotations

from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, model_validator

from accounts.models import Organization
from api.agents import ProviderName
from api.pagination import ListSlice, list_slice, position_in
from api.parameters import (
    Flag,
    Id,
    PageParameters,
    Scalar,
    Text,
    When,
    as_moment,
    word,
)
from api.problem_body import FieldFault
from api.resources import DescribedAs, Resource, nothing
from conversations.listing.columns import METADATA
from conversations.listing.forms import MAX_METADATA_FILTERS
from conversations.models import Conversation as ConversationRow
from conversations.models import ConversationQuerySet, Provider
from conversations.models import Recording as RecordingRow
from conversations.models import Transcript as TranscriptRow
from conversations.public_shape import conversation_shape, transcript_shape
from conversations.search.filters import Filters
from conversations.search.page_search import Search
from integrations.problems import Refusal
from integrations.providers import Fault
from integrations.providers.canonical import schema
from web.paging import Position


class Customer(Resource):
    """The person on the other end."""

    number: str | None = Field(
        description="As sent: a phone number or another address.",
        examples=["+15550100"],
    )
    name: str | None = Field(description="As sent.", examples=["Ada Lovelace"])


class Recording(Resource):
    """The audio: whether Zelto keeps it, and what became of fetching it."""

    state: Literal["none", "waiting", "fetching", "stored", "failed"] = Field(
        description="`none`: no recording was named or uploaded. `stored`: there is "
        "audio, even where a newer one waits or could not be had.",
        examples=["stored"],
    )
    error: str | None = Field(
        description="Why the last try to fetch it failed.", examples=[None]
    )
    source_url: str | None = Field(
        description="Where it comes from, as sent last.",
        examples=["https://recordings.example.com/room-8f2c.ogg"],
    )


class Conversation(Resource):
    """A finished session; what was said is its transcript."""

    id: UUID = Field(
        description="Given by Zelto; never changes.",
        examples=["019ab1d2-7c1e-7d30-9a55-0c9f4b7a1e22"],
    )
    agent_id: UUID = Field(
        description="Who took the call.",
        examples=["019ab1d2-7c1e-7d30-9a55-0c9f4b7a1e21"],
    )
    name: str = Field(
        description="Who called: name, number, else the reference.",
        examples=["Ada Lovelace"],
    )
    source: ProviderName = Field(
        description="Where it came from; also the id space of `referenceId`.",
        examples=["livekit"],
    )
    reference_id: str = Field(
        description="The sender's own id: `call.externalId`.", examples=["room-8f2c"]
    )
    started_at: datetime | None = Field(
        description="UTC.", examples=["2026-11-22T12:31:42.339000Z"]
    )
    ended_at: datetime | None = Field(
        description="UTC.", examples=["2026-11-22T12:31:48.151000Z"]
    )
    duration_seconds: float | None = Field(description="Seconds.", examples=[5.812])
    ended_reason: str | None = Field(
        description="As sent.", examples=["user_initiated"]
    )
    cost: Decimal | None = Field(
        description="US dollars, six decimals.", examples=["0.042500"]
    )
    customer: Customer = Field(description="Who called, as far as that was sent.")
    version: str | None = Field(
        description="The agent build that took the call.", examples=["2026.11.3"]
    )
    metadata: dict[str, Any] = Field(
        description="As sent, merged over all posts of the call.",
        examples=[{"campaign": "spring"}],
    )
    has_transcript: bool = Field(description="At least one turn.", examples=[True])
    has_audio: bool = Field(
        description="Whether Zelto keeps a recording.", examples=[False]
    )
    recording: Recording = Field(description="What became of the recording.")
    created_at: datetime = Field(
        description="When its first delivery arrived, UTC; never changes.",
        examples=["2026-11-22T12:31:49.120000Z"],
    )
    updated_at: datetime = Field(
        description="When anything of this changed last, its recording included, UTC.",
        examples=["2026-11-22T12:31:49.340000Z"],
    )


class UploadedConversation(Conversation):
    """The conversation of an uploaded recording."""

    warnings: list[FieldFault] = Field(description="What was cut or dropped.")


class ConversationParameters(PageParameters):
    agent_id: Id | None = Field(
        None,
        description="Who took the call.",
        examples=["019ab1d2-7c1e-7d30-9a55-0c9f4b7a1e21"],
    )
    provider: word(*Provider.values) | None = Field(  # type: ignore[valid-type]
        None, description="Where it came from.", examples=["livekit"]
    )
    ended_reason: Text | None = Field(
        None, description="Exactly.", examples=["user_initiated"]
    )
    has_transcript: Flag | None = Field(
        None, description="Has at least one turn.", examples=[True]
    )
    has_audio: Flag | None = Field(
        None, description="Has a recording that is kept.", examples=[False]
    )
    version: Text | None = Field(
        None, description="Of the agent, exactly.", examples=["2026.11.3"]
    )
    since: When | None = Field(
        None,
        alias="from",
        description="Arrived then or later. A date begins at midnight in the "
        "organization's time zone; a time without a zone is UTC.",
        examples=["2026-11-22"],
    )
    until: When | None = Field(
        None, alias="to", description="Arrived before.", examples=["2026-11-23"]
    )
    reference_id: Text | None = Field(
        None, description="The sender's own id, exactly.", examples=["room-8f2c"]
    )
    metadata: dict[Text, Scalar] = Field(
        {},
        max_length=MAX_METADATA_FILTERS,
        description="Keys of the metadata with the text of their values, exactly.",
        examples=[{"campaign": "spring"}],
    )
    q: Text | None = Field(
        None,
        description="Words of the turns, the reference, the customer's name or number: "
        "all of them, the last one also as a prefix.",
        examples=["missing order"],
    )

    @model_validator(mode="before")
    @classmethod
    def gather(cls, given: dict[str, Any]) -> dict[str, Any]:
        """Collect the keys of the metadata, each a parameter in an address:
        `metadata.campaign=spring`."""
        named = {
            name.removeprefix(METADATA): given.pop(name)
            for name in list(given)
            if name.startswith(METADATA)
        }
        return given | {"metadata": named} if named else given

    def filters(self, zone: tzinfo) -> Filters:
        return Filters(
            agent=self.agent_id,
            provider=self.provider or "",
            reference_id=self.reference_id or "",
            ended_reason=self.ended_reason or "",
            version=self.version or "",
            has_transcript=self.has_transcript,
            has_audio=self.has_audio,
            metadata=tuple(self.metadata.items()),
            since=as_moment(self.since, zone),
            until=as_moment(self.until, zone),
            text=self.q or "",
        )


class Turn(schema.Turn):
    """One utterance, tool call or tool result; other keys as they were sent."""

    role: Literal["user", "assistant", "system", "tool"] = Field(
        description="Who speaks.", examples=["user"]
    )
    content: str = Field(
        description="What was said; of a tool, what it gave.",
        examples=["Where is my order?"],
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


def list_conversations(
    organization: Organization, asked: ConversationParameters
) -> ListSlice[Conversation]:
    """Return a page by arrival, newest first."""
    search = Search(organization, asked.filters(organization.zone), whole=True)
    rows = search.next_older(position_in(asked.cursor), asked.limit + 1)
    told = [resource_of(row) for row in rows]
    return list_slice(told, asked.limit, _cursor_of)


def find_conversation(
    organization: Organization, conversation_id: UUID
) -> ConversationRow:
    """Return a conversation's row.

    Raises:
        Http404: the organization has no such conversation.
    """
    rows = ConversationRow.objects.in_organization(organization)
    return _one_of(rows, conversation_id)


def _one_of(rows: ConversationQuerySet, conversation_id: UUID) -> ConversationRow:
    row = rows.filter(pk=conversation_id).first()
    if row is None:
        raise nothing("conversation")
    return row


def get_conversation(organization: Organization, conversation_id: UUID) -> Conversation:
    """Return a conversation with where its recording stands, of one moment.

    Raises:
        Http404: the organization has no such conversation.
    """
    rows = ConversationRow.objects.in_organization(organization)
    return resource_of(_one_of(rows.with_recording(), conversation_id))


def get_transcript(organization: Organization, conversation_id: UUID) -> Transcript:
    """Return a conversation's transcript; `content` is None where none was sent.

    Raises:
        Http404: the organization has no such conversation.
    """
    rows = ConversationRow.objects.in_organization(organization)
    row = _one_of(rows.select_related("transcript"), conversation_id)
    # A conversation without one has no such row.
    kept: TranscriptRow | None = getattr(row, "transcript", None)
    return Transcript(
        **transcript_shape(row, kept.system_prompt if kept else ""),
        content=kept.turns if kept else None,
    )


def find_recording(organization: Organization, conversation_id: UUID) -> RecordingRow:
    """Return the recording of a conversation, with what serving it needs.

    Raises:
        Http404: the organization has no such conversation.
        Refusal: 404, nothing is kept of its audio.
    """
    row = find_conversation(organization, conversation_id)
    recording = RecordingRow.objects.to_serve().filter(pk=row.id).first()
    if recording is None:
        raise Refusal(404, "There is no recording of this conversation.")
    return recording


def resource_of(row: ConversationRow) -> Conversation:
    """Return what programs get of a row, which was read `with_recording`."""
    return Conversation(**conversation_shape(row))


def with_warnings(
    conversation: Conversation, warnings: list[Fault]
) -> UploadedConversation:
    """Return the conversation of an upload, with what was cut or dropped of it."""
    return UploadedConversation(
        **dict(conversation),
        warnings=[FieldFault(path=one.path, detail=one.detail) for one in warnings],
    )


def _cursor_of(conversation: Conversation) -> str:
    return Position.of(conversation).cursor
