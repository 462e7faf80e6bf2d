"""The schema of every tool is made of what all clients and models take."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel

from api.mcp.schemas import input_schema, output_schema
from api.parameters import Parameters
from tests.api.conftest import Tools

pytestmark = pytest.mark.django_db

Schema = dict[str, Any]
# Gemini's, and what the strict modes of OpenAI and Anthropic leave of it.
WORDS = {"type", "description", "enum", "items", "properties", "required", "format"}
MAX_DESCRIPTION_CHARACTERS = 1024
MAX_NAME_CHARACTERS = 40


def parts(schema: Schema, path: str) -> Iterator[tuple[str, Schema]]:
    """Yield a schema and all within it, each with where it stands."""
    yield path, schema
    for name, each in schema.get("properties", {}).items():
        yield from parts(each, f"{path}.{name}")
    if "items" in schema:
        yield from parts(schema["items"], f"{path}[]")


def all_parts(tools: Tools, of: str) -> list[tuple[str, Schema]]:
    found = []
    for name, tool in tools.definitions.items():
        found += list(parts(tool[of], name))
    assert len(found) > len(tools.definitions)
    return found


@pytest.mark.parametrize("of", ["inputSchema", "outputSchema"])
def test_no_schema_has_another_word(tools: Tools, of: str) -> None:
    for path, schema in all_parts(tools, of):
        assert schema.keys() <= WORDS, path
        assert schema.get("format", "date-time") == "date-time", path
        assert all(isinstance(word, str) for word in schema.get("enum", [])), path


def test_each_argument_has_one_type(tools: Tools) -> None:
    for path, schema in all_parts(tools, "inputSchema"):
        assert isinstance(schema["type"], str), path
        assert (schema["type"] == "array") == ("items" in schema), path


def test_an_object_names_its_keys(tools: Tools) -> None:
    """OpenAI refuses an object without `properties`, Gemini one within another whose
    `properties` are empty."""
    for path, schema in all_parts(tools, "inputSchema"):
        if schema["type"] == "object":
            assert "properties" in schema, path
            assert schema["properties"] or path in tools.definitions, path
        assert set(schema.get("required", [])) <= set(schema.get("properties", {}))


def test_names_and_descriptions_fit_every_model(tools: Tools) -> None:
    for name, tool in tools.definitions.items():
        assert len(name) <= MAX_NAME_CHARACTERS
        assert 0 < len(tool["description"]) <= MAX_DESCRIPTION_CHARACTERS


def test_what_a_word_would_say_a_description_says(tools: Tools) -> None:
    def says(tool: str, argument: str) -> str:
        takes = tools.definitions[tool]["inputSchema"]["properties"]
        return str(takes[argument]["description"])

    assert "From 1 to 200. Without it 50." in says("list_agents", "limit")
    assert "One of 200, 400, " in says("list_deliveries", "status")
    assert "A UUID." in says("get_agent", "agentId")
    assert "As 2026-11-30 or 2026-11-30T09:00:00Z." in says("list_deliveries", "to")
    assert "Each as key=value." in says("list_conversations", "metadata")


def test_a_tool_without_arguments_still_has_properties() -> None:
    assert input_schema(Parameters) == {"type": "object", "properties": {}}


def test_a_model_within_a_model_is_written_out() -> None:
    class Inner(BaseModel):
        words: list[str]

    class Outer(BaseModel):
        first: Inner
        second: Inner | None

    inner = {
        "type": "object",
        "properties": {"words": {"type": "array", "items": {"type": "string"}}},
        "required": ["words"],
    }
    assert output_schema(Outer)["properties"] == {
        "first": inner,
        "second": inner | {"type": ["object", "null"]},
    }
