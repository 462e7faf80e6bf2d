"""The canonical body, strict, as documented: what needs no second look.

Leniency (a number as text, a text that is too long) is not here but in `repair`:
it is spent only on bodies that do not fit.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, WithJsonSchema
from pydantic.alias_generators import to_camel

from conversations.call_duration import MAX_CALL_SECONDS
from conversations.projection.fold import MAX_PROMPT_CHARACTERS
from integrations.providers.scalars import (
    MAX_URL_CHARACTERS,
    agent_uuid,
    moment,
    money,
    web_address,
)
from web.storable_text import ONE_LINE_PATTERN

MAX_TURNS = 10_000

Moment = Annotated[
    datetime,
    PlainValidator(moment),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "format": "date-time"},
                {
                    "type": "number",
                    "description": "Unix seconds; larger numbers are read as "
                    "milliseconds, microseconds or nanoseconds, by their size",
                },
            ]
        }
    ),
]
Dollars = Annotated[
    Decimal,
    PlainValidator(money),
    WithJsonSchema({"anyOf": [{"type": "number", "minimum": 0}, {"type": "string"}]}),
]
AgentUUID = Annotated[
    UUID,
    PlainValidator(agent_uuid),
    WithJsonSchema({"type": "string", "format": "uuid"}),
]
WebAddress = Annotated[
    str,
    PlainValidator(web_address),
    WithJsonSchema(
        {"type": "string", "format": "uri", "maxLength": MAX_URL_CHARACTERS}
    ),
]
# Without control characters, NUL included (`\p{Cc}`, which few readers of schemas know).
ExternalId = Annotated[
    str, Field(min_length=1, max_length=255, pattern=ONE_LINE_PATTERN)
]
Seconds = Annotated[float, Field(ge=0, le=MAX_CALL_SECONDS, allow_inf_nan=False)]
Text64 = Annotated[str, Field(max_length=64)]
Text255 = Annotated[str, Field(max_length=255)]


class CanonicalModel(BaseModel):
    model_config = ConfigDict(
        strict=True,
        frozen=True,
        alias_generator=to_camel,
        field_title_generator=lambda name, _: to_camel(name),
    )


class Customer(CanonicalModel):
    """The person on the other end."""

    number: Text64 | None = Field(
        None, description="Phone number or address.", examples=["+15550100"]
    )
    name: Text255 | None = Field(
        None, description="Shown as the conversation's name.", examples=["Ada Lovelace"]
    )


class Call(CanonicalModel):
    """The finished session."""

    external_id: ExternalId = Field(
        description="Your id of the call. Posting it again updates the call.",
        examples=["room-8f2c"],
    )
    started_at: Moment | None = Field(
        None,
        description="A time without a zone is UTC.",
        examples=["2026-11-22T12:31:42.339Z"],
    )
    ended_at: Moment | None = Field(
        None,
        description="A time without a zone is UTC.",
        examples=["2026-11-22T12:31:48.151Z"],
    )
    duration_seconds: Seconds | None = Field(
        None,
        description="Seconds; computed from start and end where absent.",
        examples=[5.812],
    )
    ended_reason: Text255 | None = Field(
        None, description="Free text, shown verbatim.", examples=["user_initiated"]
    )
    cost: Dollars | None = Field(
        None, description="US dollars, six decimals.", examples=["0.042500"]
    )
    recording_url: WebAddress | None = Field(
        None,
        description="http or https; the audio is fetched and kept.",
        examples=["https://recordings.example.com/room-8f2c.ogg"],
    )
    customer: Customer | None = Field(
        None, description="Who called; its fields merge one by one."
    )


class Agent(CanonicalModel):
    """The sender's own name for the agent."""

    external_id: ExternalId | None = Field(
        None,
        description="Found or created, per provider. Required without `agentId`.",
        examples=["support"],
    )
    name: Text255 | None = Field(
        None,
        description="The first name that arrives names the agent.",
        examples=["Northwind support"],
    )


class Turn(CanonicalModel):
    """One utterance, tool call or tool result. Other keys are kept verbatim."""

    model_config = ConfigDict(json_schema_extra={"additionalProperties": True})

    role: Literal["user", "assistant", "system", "tool", "developer"] = Field(
        description="`developer` is read as `system`.", examples=["user"]
    )
    content: str | None = Field(
        None,
        description="In a list of parts, strings and what objects have in `text` or "
        "`transcript` are joined by newlines.",
        examples=["Where is my order?"],
        json_schema_extra={
            "anyOf": [
                {"type": "string"},
                {"type": "null"},
                {"type": "array", "items": {"type": ["string", "object", "null"]}},
            ]
        },
    )
    id: str | None = Field(
        None, description="Your id of the turn.", examples=["item_2d84618a73cc"]
    )
    timestamp: Moment | None = Field(
        None,
        description="Where every turn has one, turns are put in time order.",
        examples=["2026-11-22T12:31:46.605Z"],
    )
    started_at: Moment | None = Field(
        None, description="Start of speaking.", examples=["2026-11-22T12:31:45.539Z"]
    )
    ended_at: Moment | None = Field(
        None, description="End of speaking.", examples=["2026-11-22T12:31:46.439Z"]
    )
    start_seconds: Seconds | None = Field(
        None, description="Offset into the recording, seconds.", examples=[3.2]
    )
    end_seconds: Seconds | None = Field(
        None, description="Offset into the recording, seconds.", examples=[4.1]
    )
    interrupted: bool | None = Field(
        None, description="Whether the other side cut in.", examples=[False]
    )
    metrics: dict[str, Any] | None = Field(
        None, description="Kept as sent.", examples=[{"e2e_latency": 0.81}]
    )
    kind: str | None = Field(
        None, description="For tools: `call` or `result`.", examples=["call"]
    )
    tool_name: str | None = Field(
        None, description="Which tool was called.", examples=["lookup_order"]
    )
    tool_call_id: str | None = Field(
        None,
        description="Joins a call and its result.",
        examples=["call_97e313a3ca24"],
    )
    arguments: Any = Field(
        None,
        description="Any JSON, kept as sent.",
        examples=[{"order": "A-1042"}],
        json_schema_extra={
            "type": ["object", "array", "string", "number", "boolean", "null"]
        },
    )
    is_error: bool | None = Field(
        None, description="Of a result: whether the tool failed.", examples=[False]
    )


class Transcript(CanonicalModel):
    """What was said, in order."""

    turns: Annotated[list[Turn], Field(max_length=MAX_TURNS)] | None = Field(
        None, description="An empty list is a silent caller."
    )
    items: Any = Field(
        None,
        description="Provider `livekit` only: the items of a ChatContext.",
        examples=[[{"type": "message", "role": "user", "content": ["Hello"]}]],
        json_schema_extra={"type": ["array", "null"], "items": {"type": "object"}},
    )


class CallBody(CanonicalModel):
    """One finished call. `agent.externalId` or `agentId` is required."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [{"required": ["agent"]}, {"required": ["agentId"]}]
        }
    )

    call: Call = Field(description="What is known of the session.")
    agent: Agent | None = Field(None, description="Who took the call.")
    agent_id: AgentUUID | None = Field(
        None,
        description="An agent of your organization; wins over `agent`.",
        examples=["019ab1d2-7c1e-7d30-9a55-0c9f4b7a1e21"],
    )
    version: Text255 | None = Field(
        None,
        description="The agent build that took the call.",
        examples=["2026.11.3"],
    )
    system_prompt: Annotated[str, Field(max_length=MAX_PROMPT_CHARACTERS)] | None = (
        Field(
            None,
            description="A leading `system` turn serves where absent.",
            examples=["You answer the phone of Northwind."],
        )
    )
    metadata: dict[str, Any] | None = Field(
        None,
        description="At most 64 KiB as JSON; shown and filterable.",
        examples=[{"campaign": "spring"}],
    )
    transcript: Transcript | None = Field(
        None, description="What was said; the one that is there stays without it."
    )
    session_report: Any = Field(
        None,
        description="Provider `livekit` only: the SDK's own session report.",
        examples=[{"job_id": "AJ_8f2c", "room": "room-8f2c", "chat_history": {}}],
        json_schema_extra={"type": ["object", "null"]},
    )


def keys_of(part: type[CanonicalModel], *without: str) -> frozenset[str]:
    """Return the keys that a part knows, as JSON names them."""
    named = {field.alias or name for name, field in part.model_fields.items()}
    return frozenset(named.difference(without))
