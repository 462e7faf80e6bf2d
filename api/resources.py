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
    """In the annotation of a field: what it is described as, where that says more than
    the type it is kept as."""

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
    return HttpResponse(
        resource.model_dump_json(by_alias=True),
        status=status,
        content_type="application/json",
    )


def id_in(path: str, noun: str) -> UUID:
    """The id in an address; what is none is nothing that there is."""
    if not UUID_TEXT.fullmatch(path):
        raise nothing(noun)
    return UUID(path)


def nothing(noun: str, name: str = "id") -> Http404:
    return Http404(f"There is no {noun} with this {name}.")


def as_json(resource: Resource) -> dict[str, Any]:
    return resource.model_dump(mode="json", by_alias=True)
