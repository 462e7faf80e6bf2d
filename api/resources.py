"""What answers are made of: one model says what a program gets, and describes it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    TypeAdapter,
)
from pydantic.alias_generators import to_camel
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from api.parameters import UUID_TEXT


class Resource(BaseModel):
    model_config = ConfigDict(
        frozen=True,
        alias_generator=to_camel,
        validate_by_name=True,
        serialize_by_alias=True,
    )


class DescribedAs:
    """What a field is described as, in its annotation, where that says more than the
    type it is kept as."""

    def __init__(self, type_: Any) -> None:
        self.core_schema = TypeAdapter(type_).core_schema

    def __get_pydantic_json_schema__(
        self, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return handler(self.core_schema)


class Listed(Resource):
    """A page of a list."""

    next_cursor: str | None = Field(
        description="Send it as `cursor` for the next page; null on the last one.",
        examples=["MjAyNi0xMS0yMlQxMjozMQ"],
    )


def answer(resource: Resource, status: int = 200) -> HttpResponse:
    """Return a resource as a JSON response."""
    return HttpResponse(
        resource.model_dump_json(by_alias=True),
        status=status,
        content_type="application/json",
    )


def id_in(path: str, noun: str) -> UUID:
    """Return the id in an address. noun: what it is of, for the sentence.

    Raises:
        Http404: it is no UUID, so there is no such thing.
    """  # noqa: DOC501 - a function makes it
    if not UUID_TEXT.fullmatch(path):
        raise nothing(noun)
    return UUID(path)


def nothing(noun: str, name: str = "id") -> Http404:
    """Return the error that says so; its caller raises it."""
    return Http404(f"There is no {noun} with this {name}.")


def as_json(resource: Resource) -> dict[str, Any]:
    """Return a resource as what JSON can hold, with keys in camel case."""
    return resource.model_dump(mode="json", by_alias=True)
