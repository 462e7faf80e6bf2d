"""The canonical body as a table: read off the model that checks it, so that the page
cannot say anything else than the webhook does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from integrations.providers.schema import CallBody

Schema = Mapping[str, Any]

FORMATS = {
    "date-time": "ISO 8601 time",
    "uuid": "UUID",
    "uri": "URL",
}
TYPES = {
    "string": "text",
    "number": "number",
    "boolean": "true or false",
    "object": "object",
}


@dataclass(frozen=True, slots=True)
class BodyField:
    """path: as errors name it. rule: parts of one sentence, those at odd places code."""

    path: str
    type: str
    rule: list[str]
    required: bool


@cache
def body_fields() -> list[BodyField]:
    schema = CallBody.model_json_schema(by_alias=True)
    return list(_fields(schema, schema["$defs"], ""))


def _fields(part: Schema, parts: Schema, prefix: str) -> Iterator[BodyField]:
    for name, field in part["properties"].items():
        path = f"{prefix}{name}"
        inner, is_list = _inner(field, parts)
        yield BodyField(
            path=path,
            type=_type(field),
            rule=field.get("description", inner.get("description", "")).split("`"),
            required=name in part.get("required", ()),
        )
        if inner:
            yield from _fields(inner, parts, f"{path}[]." if is_list else f"{path}.")


def _inner(field: Schema, parts: Schema) -> tuple[Schema, bool]:
    """The part that a field holds, and whether it holds a list of them."""
    for choice in _choices(field):
        is_list = "items" in choice
        reference = choice.get("items", choice).get("$ref")
        if reference:
            return parts[reference.rpartition("/")[2]], is_list
    return {}, False


def _choices(field: Schema) -> list[Schema]:
    choices = field.get("anyOf", [field])
    return [choice for choice in choices if choice.get("type") != "null"]


def _type(field: Schema) -> str:
    types = [_type_of(choice, field) for choice in _choices(field)]
    return (", or " if any("," in one for one in types) else " or ").join(types)


def _type_of(choice: Schema, field: Schema) -> str:
    if "enum" in choice:
        return ", ".join(choice["enum"])
    if "$ref" in choice:
        return "object"
    if "items" in choice:
        limit = choice.get("maxItems")
        items = "texts" if choice["items"].get("type") == "string" else "objects"
        return f"list of at most {limit:,} {items}" if limit else f"list of {items}"
    if "description" in choice and choice is not field:
        return str(choice["description"]).partition(";")[0]
    kind = choice.get("type")
    if isinstance(kind, list):
        kind = next(one for one in kind if one != "null")
    words = FORMATS.get(choice.get("format", "")) or TYPES.get(str(kind), "any JSON")
    return words + _limits(choice)


def _limits(choice: Schema) -> str:
    shortest, longest = choice.get("minLength"), choice.get("maxLength")
    if shortest and longest:
        return f", {shortest} to {longest:,} characters"
    if longest:
        return f", at most {longest:,} characters"
    if choice.get("minimum") == 0:
        return ", 0 or more"
    return ""
