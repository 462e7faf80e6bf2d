"""What may stand in the query of an address: read strictly, by one model per list.

The same models describe the arguments of MCP's tools, so each value comes as text or as
JSON, and each refusal is a sentence that completes "`path` ...".
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, tzinfo
from typing import Annotated, Any, TypeVar
from uuid import UUID

from django.http import QueryDict
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationError,
    WithJsonSchema,
)
from pydantic.alias_generators import to_camel

from conversations.days import midnight
from integrations.problems import validation_refusal as refusal_of
from integrations.providers.faults import Fault, name_text
from integrations.providers.scalars import moment, reject
from web.storable_text import is_storable

MAX_ROWS = 200
ROWS = 50
MAX_TEXT_CHARACTERS = 255
MAX_CURSOR_CHARACTERS = 500
UUID_TEXT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
DAY_TEXT = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
FLAGS = {"true": True, "false": False}
# In a query, a plus sign that nobody escaped is a space.
LOST_PLUS = re.compile(r"(?<=:\d\d) (?=\d\d:?\d\d$)|(?<=\.\d{3}) (?=\d\d:?\d\d$)")


def read_limit(value: Any) -> int:
    if isinstance(value, str) and re.fullmatch(r"\d{1,4}", value, re.ASCII):
        value = int(value)
    if type(value) is not int or not 1 <= value <= MAX_ROWS:
        reject(f"must be a whole number from 1 to {MAX_ROWS}", value)
    return value


def read_cursor(value: Any) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= MAX_CURSOR_CHARACTERS:
        reject("must be the nextCursor of the page before", value)
    return value


def read_id(value: Any) -> UUID:
    if not isinstance(value, str) or not UUID_TEXT.fullmatch(value):
        reject("must be a UUID", value)
    return UUID(value)


def read_flag(value: Any) -> bool:
    if isinstance(value, str) and value in FLAGS:
        return FLAGS[value]
    if not isinstance(value, bool):
        reject("must be true or false", value)
    return value


def read_text(value: Any) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= MAX_TEXT_CHARACTERS:
        reject(f"must be a text of 1 to {MAX_TEXT_CHARACTERS} characters", value)
    if not is_storable(value):
        reject("must not contain NUL", value)
    return value


def read_scalar(value: Any) -> str:
    """Return a value of metadata as text, as filters compare it."""
    if isinstance(value, bool | int | float):
        value = json.dumps(value)
    return read_text(value)


def read_day(value: Any) -> date:
    try:
        if isinstance(value, str) and DAY_TEXT.fullmatch(value):
            day = date.fromisoformat(value)
            if 1970 <= day.year <= 2100:
                return day
    except ValueError:
        pass
    reject("must be a date of the years 1970 to 2100, as 2026-11-30", value)


def read_when(value: Any) -> date | datetime:
    if isinstance(value, str) and DAY_TEXT.fullmatch(value):
        return read_day(value)
    if isinstance(value, str):
        value = LOST_PLUS.sub("+", value)
    return moment(value)


def word(*words: str) -> Any:
    """Return the type of a parameter that is one of these words."""

    def read(value: Any) -> str:
        if not isinstance(value, str) or value not in words:
            reject(f"must be one of {', '.join(words)}", value)
        return value

    return Annotated[
        str,
        PlainValidator(read),
        WithJsonSchema({"type": "string", "enum": list(words)}),
    ]


def number_of(*numbers: int) -> Any:
    """Return the type of a parameter that is one of these numbers."""

    def read(value: Any) -> int:
        number = next((each for each in numbers if str(each) == str(value)), None)
        if number is None or isinstance(value, bool):
            reject(f"must be one of {', '.join(map(str, numbers))}", value)
        return number

    return Annotated[
        int,
        PlainValidator(read),
        WithJsonSchema({"type": "integer", "enum": list(numbers)}),
    ]


Limit = Annotated[
    int,
    PlainValidator(read_limit),
    WithJsonSchema({"type": "integer", "minimum": 1, "maximum": MAX_ROWS}),
]
Cursor = Annotated[
    str,
    PlainValidator(read_cursor),
    WithJsonSchema(
        {"type": "string", "minLength": 1, "maxLength": MAX_CURSOR_CHARACTERS}
    ),
]
Id = Annotated[
    UUID,
    PlainValidator(read_id),
    WithJsonSchema({"type": "string", "format": "uuid"}),
]
Flag = Annotated[bool, PlainValidator(read_flag), WithJsonSchema({"type": "boolean"})]
Text = Annotated[
    str,
    PlainValidator(read_text),
    WithJsonSchema(
        {"type": "string", "minLength": 1, "maxLength": MAX_TEXT_CHARACTERS}
    ),
]
Scalar = Annotated[
    str,
    PlainValidator(read_scalar),
    WithJsonSchema(
        {"type": "string", "minLength": 1, "maxLength": MAX_TEXT_CHARACTERS}
    ),
]
Day = Annotated[
    date,
    PlainValidator(read_day),
    WithJsonSchema({"type": "string", "format": "date"}),
]
When = Annotated[
    date | datetime,
    PlainValidator(read_when),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "format": "date"},
                {"type": "string", "format": "date-time"},
                {
                    "type": "number",
                    "description": "Unix seconds; larger: ms, us or ns.",
                },
            ]
        }
    ),
]


class Parameters(BaseModel):
    """Nothing by itself: the parameters of an address that takes none."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        alias_generator=to_camel,
        field_title_generator=lambda name, _: to_camel(name),
    )


class PageParameters(Parameters):
    """Which part of a list."""

    limit: Limit = Field(ROWS, description="How many rows at most.", examples=[50])
    cursor: Cursor | None = Field(
        None,
        description="`nextCursor` of the page before; the first page without it.",
        examples=["MjAyNi0xMS0yMlQxMjozMQ"],
    )


Asked = TypeVar("Asked", bound=Parameters)


def read_query(model: type[Asked], query: QueryDict) -> Asked:
    """Read the parameters of an address.

    Raises:
        Refusal: 400, with each parameter at fault.
    """
    faults = [
        Fault(name_text(name), "is there more than once")
        for name, values in query.lists()
        if len(values) > 1
    ]
    return read_arguments(model, query.dict(), faults)


def read_arguments(
    model: type[Asked], given: Mapping[str, Any], faults: Sequence[Fault] = ()
) -> Asked:
    found = list(faults)
    try:
        asked = model.model_validate(dict(given))
    except ValidationError as error:
        found += [fault_of(one) for one in error.errors(include_url=False)]
    if found:
        raise replace(refusal_of(found), status=400)
    return asked


# Pydantic's own, in words that complete "`path` ...".
WORDS = {
    "extra_forbidden": "is not known here",
    "missing": "is required",
    "dict_type": "must be keys and values; in an address, metadata.<key>=value",
    "too_long": "has too many entries",
}


def fault_of(error: Mapping[str, Any]) -> Fault:
    steps = [name_text(str(step)) for step in error["loc"] if step != "[key]"]
    return Fault(".".join(steps), WORDS.get(error["type"], error["msg"]))


def as_moment(when: date | datetime | None, zone: tzinfo) -> datetime | None:
    """Return an aware moment: a date is its first midnight, in the organization's zone."""
    if when is None or isinstance(when, datetime):
        return when
    return midnight(when, zone)
