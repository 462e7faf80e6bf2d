"""`GET /v1/openapi.json`: the description is whole."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import get_resolver
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema
from jsonschema import Draft202012Validator, FormatChecker

from api.urls import urlpatterns
from api.views.schema import schema_text
from integrations.providers.canonical.schema import CallBody

DOCUMENT = json.loads(schema_text())
SCHEMAS = DOCUMENT["components"]["schemas"]
PUBLIC = {"v1/openapi.json", "v1/docs"}
OPERATIONS = [
    (path, method, operation)
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
]


@pytest.mark.django_db
def test_anybody_may_have_it() -> None:
    response = Client().get("/v1/openapi.json")
    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"
    assert response.json() == DOCUMENT


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/v1/openapi.json", "/v1/docs"])
def test_another_method_or_parameter_is_a_problem(path: str) -> None:
    for response, status in (
        (Client().post(path), 405),
        (Client().get(path, {"format": "yaml"}), 400),
    ):
        assert response.status_code == status
        assert response["Content-Type"] == "application/problem+json"


def test_it_is_openapi_3_1_and_valid() -> None:
    assert DOCUMENT["openapi"] == "3.1.0"
    validate_schema(DOCUMENT)


def test_it_is_made_without_a_warning() -> None:
    GENERATOR_STATS.reset()
    SchemaGenerator().get_schema(request=None, public=True)
    assert not GENERATOR_STATS


def test_every_address_is_in_it() -> None:
    described = {path.strip("/") for path in DOCUMENT["paths"]}
    routed = {
        str(each.pattern).replace("<str:id>", "{id}")
        for each in urlpatterns
        if str(each.pattern).startswith("v1/")
    }
    assert described == routed - PUBLIC | {"webhooks/calls"}
    assert get_resolver().resolve("/webhooks/calls")


def test_names_of_operations_are_there_once() -> None:
    names = [operation["operationId"] for _, _, operation in OPERATIONS]
    assert len(names) == len(set(names))


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
def test_every_operation_says_all(
    path: str, method: str, operation: dict[str, Any]
) -> None:
    assert operation["summary"]
    assert operation["tags"]
    assert operation["security"] == [{"apiKey": []}]
    expected = {"401", "403", "500", "503"}
    if "{id}" in path:
        expected |= {"404"}
    if "requestBody" in operation:
        expected |= {"400", "413", "415", "422"}
        assert operation["requestBody"]["required"]
    assert expected <= operation["responses"].keys()
    assert len(operation["description"]) > 10
    for status, response in operation["responses"].items():
        assert response["description"], status
        if status >= "400":
            schema = {"$ref": "#/components/schemas/Problem"}
            assert response["content"] == {
                "application/problem+json": {"schema": schema}
            }
        assert response["headers"]["X-Request-Id"]
        assert all(each["description"] for each in response["headers"].values())


def fields() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every property and parameter, by where it stands."""
    for name, schema in SCHEMAS.items():
        for field, described in schema.get("properties", {}).items():
            yield f"{name}.{field}", described
    for path, method, operation in OPERATIONS:
        for each in operation.get("parameters", []):
            yield f"{method} {path} {each['name']}", each | each["schema"]


def ways(described: dict[str, Any]) -> list[dict[str, Any]]:
    return described.get("anyOf") or [described]


@pytest.mark.parametrize(
    ("name", "field"), [pytest.param(*each, id=each[0]) for each in fields()]
)
def test_every_field_has_a_type_a_description_and_an_example(
    name: str, field: dict[str, Any]
) -> None:
    assert field.get("description"), f"{name} has no description"
    assert "title" not in field
    for way in ways(field):
        assert way.keys() & {"type", "enum", "$ref"}, f"{name} may be anything"
    # Of another model: its own fields have examples.
    is_model = any(
        "$ref" in way or "$ref" in way.get("items", {}) for way in ways(field)
    )
    assert is_model or field.get("examples"), f"{name} has no example"


def test_every_example_is_valid() -> None:
    checked = 0
    for _, field in fields():
        schema = {"components": DOCUMENT["components"], **field.get("schema", field)}
        validator = Draft202012Validator(schema, format_checker=FormatChecker())
        for example in field.get("examples", []):
            validator.validate(example)
            checked += 1
    assert checked > 100


def test_every_field_of_an_answer_is_there_or_null() -> None:
    """What may be absent is only what an answer of the webhook or a problem leaves out."""
    for name, schema in SCHEMAS.items():
        if name.startswith("Posted") or name == "Turn":
            continue
        optional = schema["properties"].keys() - set(schema["required"])
        assert optional == {"Problem": {"errors"}, "Received": {"warnings"}}.get(
            name, set()
        )


def test_every_model_says_what_it_is() -> None:
    assert not [name for name, each in SCHEMAS.items() if not each.get("description")]


def test_the_webhook_is_described_by_what_checks_it() -> None:
    described = SCHEMAS["PostedCallBody"]["properties"]
    assert described.keys() == {
        field.alias for field in CallBody.model_fields.values()
    } - {None}


def test_it_names_the_upload_of_livekits_own_sdk() -> None:
    described = DOCUMENT["info"]["description"]
    for fact in ("LIVEKIT_OBSERVABILITY_URL", "/livekit/{key}", "Python 1.5.1"):
        assert fact in described
    webhook = DOCUMENT["paths"]["/webhooks/calls"]["post"]["description"]
    assert "without code" in webhook
