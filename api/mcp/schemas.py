"""Schemas of tools in the words that every client of MCP takes.

Clients hand them on to the API of a model, and some of those refuse the whole list of
tools for one word. Gemini refuses a union with null, a reference, an enum of numbers, an
object without known keys, any `format` but date-time; strict modes of OpenAI and Anthropic
refuse bounds and defaults; Cursor a list of types. So what the words of an argument's
schema would say, its description says.
"""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from api.schema.models import described

Schema = dict[str, Any]

WORDS = (
    "type",
    "description",
    "enum",
    "items",
    "properties",
    "required",
    "format",
)
FORMAT = "date-time"


def input_schema(model: type[BaseModel]) -> Schema:
    """Return the schema of a tool's arguments. Others than these are not ruled out, since
    clients add some of their own.
    """
    whole = described(model, mode="validation")
    properties = {
        name: _argument(one) for name, one in whole.get("properties", {}).items()
    }
    schema: Schema = {"type": "object", "properties": properties}
    if required := whole.get("required"):
        schema["required"] = required
    return schema


def output_schema(model: type[BaseModel]) -> Schema:
    """Return the schema of a tool's result, without references."""
    whole = described(model)
    return _result(whole, whole.get("$defs", {}))


def argument_types(model: type[BaseModel]) -> dict[str, Schema]:
    """Return the schema that each argument is read by, without null."""
    properties = described(model, mode="validation").get("properties", {})
    return {name: without_null(one) for name, one in properties.items()}


def without_null(schema: Schema) -> Schema:
    """Return the schema of what is not null."""
    branches = [one for one in schema.get("anyOf", []) if one.get("type") != "null"]
    if not branches:
        return schema
    rest = {name: each for name, each in schema.items() if name != "anyOf"}
    return {"anyOf": branches} | rest if len(branches) > 1 else branches[0] | rest


def _argument(schema: Schema) -> Schema:
    found = without_null(schema)
    # Several shapes, of which a text is always one: a date, a time or a number.
    branches = found.get("anyOf", [found])
    formats = {each for one in branches if (each := one.get("format"))}
    kept = {name: each for name, each in branches[0].items() if name in WORDS}
    kept["description"] = _sentences(found, formats)
    if formats != {FORMAT}:
        kept.pop("format", None)
    if kept["type"] == "integer":
        kept.pop("enum", None)
    elif kept["type"] == "object":
        kept |= {"type": "array", "items": {"type": "string"}}
    return kept


def _sentences(schema: Schema, formats: set[str]) -> str:
    """Return the description with what no other word of the schema may say."""
    said = [schema.get("description", "")]
    if "uuid" in formats:
        said.append("A UUID.")
    if "date" in formats:
        said.append("As 2026-11-30 or 2026-11-30T09:00:00Z.")
    if schema.get("type") == "integer" and "enum" in schema:
        said.append(f"One of {', '.join(map(str, schema['enum']))}.")
    if "maximum" in schema:
        said.append(f"From {schema['minimum']} to {schema['maximum']}.")
    if schema.get("type") == "object":
        said.append("Each as key=value.")
    if schema.get("default"):
        said.append(f"Without it {schema['default']}.")
    return " ".join(filter(None, said))


def _result(schema: Schema, models: dict[str, Schema]) -> Schema:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        rest = {each: one for each, one in schema.items() if each != "$ref"}
        return _result(models[name] | rest, models)
    found = without_null(schema)
    if found is not schema and "anyOf" not in found:
        return _or_null(_result(found, models))
    # Of what may have several types, only the description is told.
    kept = {
        name: each
        for name, each in schema.items()
        if name in WORDS and (name != "format" or each == FORMAT)
    }
    if "properties" in kept:
        kept["properties"] = {
            name: _result(one, models) for name, one in kept["properties"].items()
        }
    if "items" in kept:
        kept["items"] = _result(kept["items"], models)
    return kept


def _or_null(schema: Schema) -> Schema:
    """Return the schema of what may be null as well, without a union."""
    # No list of words: with null it would be one of more than texts.
    kept = {name: each for name, each in schema.items() if name != "enum"}
    return kept | {"type": [schema["type"], "null"]}
