"""What a program may change of an agent; what is absent stays as it is."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from django.core.exceptions import ValidationError as NotOneLine
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationError,
    WithJsonSchema,
)

from accounts.names import validate_one_line
from api.agents import find_agent
from api.caller import Caller
from api.parameters import fault_of, word
from conversations.agents.actions import change_agent
from conversations.models import Agent
from integrations.problems import validation_refusal as refusal_of
from integrations.providers.scalars import reject
from web.storable_text import ONE_LINE_PATTERN, is_storable

MAX_NAME_CHARACTERS = 255
MAX_DESCRIPTION_CHARACTERS = 2000


def read_name(value: Any) -> str:
    """Return a name, checked.

    Raises:
        PydanticCustomError: it is no text, too long, not one line, or cannot be stored.
    """
    name = _read(value, MAX_NAME_CHARACTERS)
    try:
        validate_one_line(name)
    except NotOneLine:
        reject("must be one line, without control characters", value)
    return name


def read_description(value: Any) -> str:
    """Return a description, checked.

    Raises:
        PydanticCustomError: it is no text, too long, or cannot be stored.
    """
    return _read(value, MAX_DESCRIPTION_CHARACTERS)


def _read(value: Any, longest: int) -> str:
    if not isinstance(value, str) or len(value) > longest:
        reject(f"must be a text of at most {longest:,} characters", value)
    if not is_storable(value):
        reject("must not contain NUL or half a surrogate pair", value)
    return value


class AgentChange(BaseModel):
    """What is absent stays as it is. Spaces around a text are cut off."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[
        str | None,
        PlainValidator(read_name),
        WithJsonSchema(
            {
                "type": "string",
                "maxLength": MAX_NAME_CHARACTERS,
                "pattern": ONE_LINE_PATTERN,
            }
        ),
    ] = Field(
        None,
        description="One line. No call changes it from then on; an empty one lets the "
        "next call name the agent.",
        examples=["Night desk"],
    )
    description: Annotated[
        str | None,
        PlainValidator(read_description),
        WithJsonSchema({"type": "string", "maxLength": MAX_DESCRIPTION_CHARACTERS}),
    ] = Field(
        None,
        description="What people should know about it; empty takes it away.",
        examples=["Answers the main line at night."],
    )
    type: word(*Agent.Type.values) = Field(  # type: ignore[valid-type]
        None,
        description="Whether a program or a person takes the calls.",
        examples=["ai"],
    )


def change_from_body(caller: Caller, agent_id: UUID, sent: dict[str, Any]) -> None:
    """Change an agent as a body says.

    Raises:
        Refusal: 422 that names each field at fault.
        Http404: the organization has no such agent.
    """  # noqa: DOC501 - `validation_refusal` makes a Refusal
    agent = find_agent(caller.organization, agent_id)
    try:
        change = AgentChange.model_validate(sent)
    except ValidationError as error:
        faults = [fault_of(one) for one in error.errors(include_url=False)]
        raise refusal_of(faults) from error
    change_agent(agent=agent, by=None, key=caller.key, **change.model_dump())
