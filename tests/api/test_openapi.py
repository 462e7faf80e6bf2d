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

from api.urls import urlpatterns
from api.views.schema import schema_text
from integrations.providers.schema import CallBody

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
    for parameter in operation.get("parameters", []):
        assert parameter.get("description") or parameter["name"] == "id", parameter
    for status, response in operation["responses"].items():
        assert response["description"], status
        if status >= "400":
            assert list(response["content"]) == ["application/problem+json"]


def fields() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, schema in SCHEMAS.items():
        for field, described in schema.get("properties", {}).items():
            yield f"{name}.{field}", described


@pytest.mark.parametrize(("name", "field"), fields())
def test_every_field_has_a_type_and_an_example(
    name: str, field: dict[str, Any]
) -> None:
    ways = field.get("anyOf", [field])
    models = [way for way in ways if "$ref" in way or "$ref" in way.get("items", {})]
    assert models or field.get("examples"), f"{name} has no example"
    assert "$ref" in field or "anyOf" in field or field.keys() & {"type", "enum"}
    assert "title" not in field


def test_the_webhook_is_described_by_what_checks_it() -> None:
    described = SCHEMAS["PostedCallBody"]["properties"]
    assert described.keys() == {
        field.alias for field in CallBody.model_fields.values()
    } - {None}
