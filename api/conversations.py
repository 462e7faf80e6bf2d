"""Conversations as programs see them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from django.db.models import Case, F, Func, IntegerField, JSONField, TextField
from django.db.models import When as SqlWhen
from django.db.models.functions import Cast
from pydantic import Field, model_validator

from accounts.models import Organization
from api.agents import ProviderName
from api.pagination import ListSlice, count_within, position_in
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
from api.resources import Resource, nothing
from conversations.listing.columns import METADATA
from conversations.listing.forms import MAX_METADATA_FILTERS
from conversations.models import Conversation as ConversationRow
from conversations.models import ConversationQuerySet, Provider
from conversations.models import Recording as RecordingRow
from conversations.public_shape import conversation_shape
from conversations.search.filters import Filters
from conversations.search.page_search import Search
from integrations.problems import Refusal
from integrations.providers import Fault
from web.paging import Position, cut

# Of all rows of a page, as JSON: as objects it may be twenty times as much.
MAX_METADATA_BYTES = 1024 * 1024
# So long it comes with its row.
SHORT_BYTES = 4 * 1024
METADATA_BYTES = Func(
    Cast("metadata", TextField()),
    function="octet_length",
    output_field=IntegerField(),
)
SHORT_METADATA = Case(
    SqlWhen(metadata_bytes__lte=SHORT_BYTES, then=F("metadata")),
    output_field=JSONField(),
)


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


class Outcome(Resource):
    """Whether the session reached what it was for, as LiveKit's SDK reports it."""

    result: Literal["success", "fail"] | None = Field(
        description="Null where nobody said so.", examples=["success"]
    )
    reason: str | None = Field(
        description="In the words of the agent's code.", examples=["Order found."]
    )


class Evaluation(Resource):
    """What one judge said of the session."""

    name: str = Field(description="Of the judge.", examples=["accuracy"])
    verdict: str | None = Field(
        description="Mostly `pass`, `fail` or `maybe`.", examples=["pass"]
    )
    reason: str | None = Field(
        description="In the judge's words.", examples=["All facts were right."]
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
    outcome: Outcome = Field(description="What came of it, as far as that was sent.")
    evaluations: list[Evaluation] = Field(
        description="Of the judges that the agent's code asked, at most 50."
    )
    tags: list[str] = Field(
        description="Of the agent's code, at most 50.", examples=[["vip"]]
    )
    is_test: bool = Field(
        description="A test: of a console, a job that no server dispatched, or sent "
        "from a page here. Never charged.",
        examples=[False],
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
    outcome: word("success", "fail") | None = Field(  # type: ignore[valid-type]
        None, description="What came of it.", examples=["fail"]
    )
    tag: Text | None = Field(
        None, description="One of its tags, exactly.", examples=["vip"]
    )
    judge: Text | None = Field(
        None, description="A judge of that name judged it.", examples=["accuracy"]
    )
    verdict: Text | None = Field(
        None,
        description="What a judge said, exactly: mostly `pass`, `fail` or `maybe`. With "
        "`judge` it is what that one said.",
        examples=["fail"],
    )
    is_test: Flag | None = Field(
        None,
        description="A test, as of a console or a job that no server dispatched: never "
        "charged.",
        examples=[False],
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
        "all of them, the last one also as a prefix. Case, accents and strokes do not "
        "count; a phone number is found with or without its country, spaces and signs.",
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
            outcome=self.outcome or "",
            tag=self.tag or "",
            judge=self.judge or "",
            verdict=self.verdict or "",
            is_test=self.is_test,
            has_transcript=self.has_transcript,
            has_audio=self.has_audio,
            metadata=tuple(self.metadata.items()),
            since=as_moment(self.since, zone),
            until=as_moment(self.until, zone),
            text=self.q or "",
        )


def list_conversations(
    organization: Organization, asked: ConversationParameters
) -> ListSlice[Conversation]:
    """Return a page by arrival, newest first.

    It ends early where its metadata would be over `MAX_METADATA_BYTES`.
    """
    search = Search(organization, asked.filters(organization.zone), whole=True)
    search.fitting = search.fitting.defer("metadata").annotate(
        metadata_bytes=METADATA_BYTES, short_metadata=SHORT_METADATA
    )
    rows = search.next_older(position_in(asked.cursor), asked.limit + 1)
    fitting = count_within(
        [row.metadata_bytes for row in rows],  # type: ignore[attr-defined]
        MAX_METADATA_BYTES,
    )
    found = cut(rows, min(asked.limit, fitting))
    _add_metadata(found.rows)
    told = [resource_of(row) for row in found.rows]
    next_cursor = _cursor_of(told[-1]) if found.last else None
    return ListSlice(told, next_cursor, _cursor_of)


def _add_metadata(rows: Sequence[ConversationRow]) -> None:
    """Give the rows their metadata: long ones are read for those of the page alone."""
    known: list[Any] = list(rows)
    long = [row.pk for row in known if row.metadata_bytes > SHORT_BYTES]
    read = ConversationRow.objects.filter(pk__in=long).values_list("pk", "metadata")
    metadata = dict(read) if long else {}
    for row in known:
        row.metadata = metadata.get(row.pk, row.short_metadata)


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
