"""Requests as a program sends them; each answer is compared with the description of
`/v1`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest
from django.http import HttpResponse
from django.test import Client
from jsonschema import Draft202012Validator

from accounts.models import ApiKey, Organization
from api.views.schema import schema_text
from integrations.models import Delivery
from tests.api.schema.description import Description
from tests.api.schema.running import Running
from tests.conftest import MakeKey
from tests.conversations.conftest import (
    make_agent,
    make_conversation,
    make_findable,
    make_recording,
)
from tests.zelto.stack import Stack

__all__ = ["make_agent", "make_conversation", "make_findable", "make_recording"]

MakeDelivery = Callable[..., Delivery]


class Api:
    """A program with a key. An answer that `/v1/openapi.json` does not describe fails
    the test.
    """

    def __init__(self, description: Description, key: str | None) -> None:
        self.client = Client(raise_request_exception=False)
        self.description = description
        self.key = key

    def get(self, path: str, /, *, headers: Any = None, **parameters: Any) -> Any:
        return self.ask("GET", path, headers=headers, query_params=parameters)

    def post(self, path: str, /, **parameters: Any) -> Any:
        return self.ask("POST", path, query_params=parameters)

    def delete(self, path: str, /, **parameters: Any) -> Any:
        return self.ask("DELETE", path, query_params=parameters)

    def patch(self, path: str, /, body: Any, **headers: str) -> Any:
        data = body if isinstance(body, bytes) else json.dumps(body)
        content_type = headers.pop("content_type", "application/json")
        return self.ask(
            "PATCH", path, data=data, content_type=content_type, headers=headers
        )

    def ask(self, method: str, path: str, **request: Any) -> Any:
        headers = dict(request.pop("headers", None) or {})
        if self.key:
            headers.setdefault("Authorization", f"Bearer {self.key}")
        response = self.client.generic(method, path, headers=headers, **request)
        self.description.check(method, cast(HttpResponse, response))
        return response


@pytest.fixture(scope="session")
def description() -> Description:
    return Description(json.loads(schema_text()))


@pytest.fixture
def api_with(description: Description) -> Callable[[str | None], Api]:
    return lambda key: Api(description, key)


@pytest.fixture
def full_key(organization: Organization, make_key: MakeKey) -> tuple[ApiKey, str]:
    return make_key(organization)


@pytest.fixture
def api(api_with: Callable[[str | None], Api], full_key: tuple[ApiKey, str]) -> Api:
    """Return a program with a key of the scope full."""
    return api_with(full_key[1])


@pytest.fixture
def reader(
    api_with: Callable[[str | None], Api],
    organization: Organization,
    make_key: MakeKey,
) -> Api:
    """Return a program with a key of the scope read."""
    return api_with(make_key(organization, "read")[1])


@pytest.fixture
def poster(
    api_with: Callable[[str | None], Api],
    organization: Organization,
    make_key: MakeKey,
) -> Api:
    """Return a program with a key of the scope ingest."""
    return api_with(make_key(organization, "ingest")[1])


@pytest.fixture
def outsider(
    api_with: Callable[[str | None], Api],
    other_organization: Organization,
    make_key: MakeKey,
) -> Api:
    """Return a program with a key of another organization."""
    return api_with(make_key(other_organization)[1])


@pytest.fixture
def stranger(api_with: Callable[[str | None], Api], db: None) -> Api:
    """Return a program without a key."""
    return api_with(None)


@pytest.fixture
def make_delivery(organization: Organization) -> MakeDelivery:
    """Return `make_delivery(outcome="rejected", ...)`; each is newer than the last."""

    def make(**fields: Any) -> Delivery:
        fields.setdefault("organization", organization)
        fields.setdefault("provider", "livekit")
        fields.setdefault("outcome", "processed")
        fields.setdefault("status", 422 if fields["outcome"] == "rejected" else 200)
        return Delivery.objects.create(**fields)

    return make


class Tools:
    """A coding agent's session: each result must fit the schema that its tool
    announces.
    """

    def __init__(self, key: str) -> None:
        self.client = Client(raise_request_exception=False)
        self.headers = {"Authorization": f"Bearer {key}"}
        listed = self.rpc("tools/list")["result"]["tools"]
        self.definitions = {each["name"]: each for each in listed}

    def rpc(self, method: str, **params: Any) -> Any:
        message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        response = self.client.post(
            "/mcp", message, content_type="application/json", headers=self.headers
        )
        assert response.status_code == 200, response.content
        return response.json()

    def call(self, tool: str, /, **arguments: Any) -> Any:
        """Return the result of a tool; `from` and `to` are passed with an underscore
        behind them.
        """
        given = {name.rstrip("_"): each for name, each in arguments.items()}
        result = self.rpc("tools/call", name=tool, arguments=given)["result"]
        assert not result["isError"], result
        content = result["structuredContent"]
        Draft202012Validator(self.definitions[tool]["outputSchema"]).validate(content)
        assert json.loads(result["content"][0]["text"]) == content
        return content

    def refusal(self, tool: str, /, **arguments: Any) -> str:
        """Return the text of a call that must fail."""
        result = self.rpc("tools/call", name=tool, arguments=arguments)["result"]
        assert result["isError"]
        return str(result["content"][0]["text"])


@pytest.fixture
def tools(full_key: tuple[ApiKey, str]) -> Tools:
    return Tools(full_key[1])


@pytest.fixture
def outsiders_tools(other_organization: Organization, make_key: MakeKey) -> Tools:
    return Tools(make_key(other_organization)[1])


@pytest.fixture(scope="session")
def running() -> Iterator[Running]:
    """Start the real stack, one for all tests that need it: it takes seconds to start."""
    # What is uploaded here has no words in it.
    with Stack(environment={"ZELTO_STT_ENGINE": "none"}) as stack:
        yield Running(stack)
