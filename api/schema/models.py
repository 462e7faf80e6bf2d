"""JSON schemas of the models of answers and bodies."""

from __future__ import annotations

from typing import Any, Literal

from drf_spectacular.drainage import set_override
from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema


class Plain(GenerateJsonSchema):
    """A generator of schemas without titles that repeat a field's name, and without
    null as the default of what is absent.
    """

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        described = super().default_schema(schema)
        if described.get("default", ...) is None:
            del described["default"]
        return described


def described(
    model: type[BaseModel],
    *,
    mode: Literal["validation", "serialization"] = "serialization",
    reference: str = "#/$defs/{model}",
) -> dict[str, Any]:
    """Return the JSON schema of a model.

    reference: the format of a reference to another model, `{model}` for its name.
    """
    found = model.model_json_schema(
        mode=mode, ref_template=reference, schema_generator=Plain
    )
    for part in [found, *found.get("$defs", {}).values()]:
        _without_field_titles(part)
    return found


def _without_field_titles(part: dict[str, Any]) -> None:
    part.pop("title", None)
    for each in part.get("properties", {}).values():
        each.pop("title", None)


class ModelExtension(OpenApiSerializerExtension):
    """The description of models, in place of drf-spectacular's own, which describes a
    body as an answer.

    Names of bodies begin with `Posted`, since a posted agent is not the agent that is
    answered.
    """

    target_class = "pydantic.BaseModel"
    match_subclasses = True
    priority = 1

    def get_name(
        self, auto_schema: AutoSchema, direction: Literal["request", "response"]
    ) -> str:
        # A model may be met inside another one first.
        set_override(self.target, "suppress_collision_warning", True)
        return f"{_prefix(direction)}{self.target.__name__}"

    def map_serializer(
        self, auto_schema: AutoSchema, direction: Literal["request", "response"]
    ) -> dict[str, Any]:
        prefix = _prefix(direction)
        found = described(
            self.target,
            mode="validation" if direction == "request" else "serialization",
            reference=f"#/components/schemas/{prefix}{{model}}",
        )
        for name, schema in found.pop("$defs", {}).items():
            component = ResolvedComponent(
                name=prefix + name,
                type=ResolvedComponent.SCHEMA,
                object=prefix + name,
                schema=schema,
            )
            auto_schema.registry.register_on_missing(component)
        return found


def _prefix(direction: str) -> str:
    return "Posted" if direction == "request" else ""
