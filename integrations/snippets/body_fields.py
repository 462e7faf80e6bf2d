"""The canonical body as a table. It is made from the model that checks bodies, and by
sending each field a value that does not fit, so that pages say what the webhook
does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from conversations.providers import DEFAULT_PROVIDER

from integrations.providers import FaultKind, read
from integrations.providers.canonical.schema import CallBody

Schema = Mapping[str, Any]

FORMATS = {
    "date-time": "ISO 8601 time",
    "uuid": "UUID",
    "uri": "URL",
}
REFUSED, IGNORED, TAKEN = FaultKind.REFUSED.value, FaultKind.IGNORED.value, "taken"
TYPES = {
    "string": "text",
    "number": "number",
    "boolean": "true or false",
    "object": "object",
}


@dataclass(frozen=True, slots=True)
class BodyField:
    """One field of the canonical body.

    path: as errors name it. rule: parts of one sentence, those at odd indexes are code.
    misfit: what becomes of a value that does not fit; "refused" is the whole post.
    """

    path: str
    type: str
    rule: list[str]
    required: bool
    misfit: str

    @property
    def is_hard(self) -> bool:
        """Return whether a value that does not fit refuses the whole post."""
        return self.misfit == REFUSED


@cache
def body_fields() -> list[BodyField]:
    """Return all fields, each object before its parts; computed once in a process."""
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
            misfit=_fault_of(path, field),
        )
        if inner:
            yield from _fields(inner, parts, f"{path}[]." if is_list else f"{path}.")


def _inner(field: Schema, parts: Schema) -> tuple[Schema, bool]:
    """Return the object that a field holds, and whether it holds a list of them."""
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
        kind = choice["items"].get("type")
        items = "parts" if isinstance(kind, list) else "objects"
        return f"list of at most {limit:,} {items}" if limit else f"list of {items}"
    if "description" in choice and choice is not field:
        return str(choice["description"]).partition(";")[0]
    kind = choice.get("type")
    if isinstance(kind, list):
        others = [one for one in kind if one != "null"]
        kind = others[0] if len(others) == 1 else "any"
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


def _fault_of(path: str, field: Schema) -> str:
    """Return what becomes of a value that does not fit, found out by reading one."""
    value = _unfitting(field)
    reading = read(DEFAULT_PROVIDER, _with(path, value))
    if reading.errors:
        return REFUSED
    if not reading.warnings:
        return TAKEN
    return reading.warnings[0].kind.value


def _unfitting(field: Schema) -> Any:
    """Return a value that is too long where there is a limit, else of a wrong type."""
    for choice in _choices(field):
        if choice.get("type") == "string" and choice.get("maxLength"):
            return "x" * (choice["maxLength"] + 1)
    is_boolean = any(choice.get("type") == "boolean" for choice in _choices(field))
    return {"x": 1} if is_boolean else True


def _with(path: str, value: Any) -> dict[str, Any]:
    """Return the smallest body that is taken, with this value at the path."""
    body: dict[str, Any] = {
        "call": {"externalId": "call"},
        "agent": {"externalId": "agent"},
        "transcript": {"turns": [{"role": "user", "content": "x"}]},
    }
    part: Any = body
    *parents, last = path.replace("[]", ".0").split(".")
    for step in parents:
        part = part[int(step)] if step == "0" else part.setdefault(step, {})
    part[last] = value
    return body
