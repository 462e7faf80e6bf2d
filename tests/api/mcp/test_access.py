"""`/mcp`: who may ask, and what is refused before any JSON-RPC."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from accounts.models import ApiKey, Organization
from tests.conftest import MakeKey

pytestmark = pytest.mark.django_db
LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}


def post(key: str | None, body: Any = LIST, path: str = "/mcp", **headers: str) -> Any:
    if key:
        headers["Authorization"] = f"Bearer {key}"
    client = Client(raise_request_exception=False)
    return client.post(path, body, content_type="application/json", headers=headers)


def is_problem(response: Any, status: int) -> bool:
    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    return bool(response.json()["requestId"] == response["X-Request-Id"])


@pytest.mark.parametrize("path", ["/mcp", "/mcp/"])
@pytest.mark.parametrize("scope", ["full", "read"])
def test_it_answers_who_may_read(
    organization: Organization, make_key: MakeKey, scope: str, path: str
) -> None:
    response = post(make_key(organization, scope)[1], path=path)
    assert response.status_code == 200
    names = {each["name"] for each in response.json()["result"]["tools"]}
    assert names == {
        "health",
        "list_agents",
        "get_agent",
        "list_conversations",
        "get_conversation",
        "get_transcript",
        "search_transcripts",
        "list_deliveries",
        "list_expected_sessions",
        "list_issues",
        "list_workers",
        "get_connection_status",
        "read_docs",
    }


def test_a_key_that_may_only_post_is_refused(
    organization: Organization, make_key: MakeKey
) -> None:
    response = post(make_key(organization, "ingest")[1])
    assert is_problem(response, 403)
    assert "may only post" in response.json()["detail"]


def test_without_a_key_it_is_a_401(organization: Organization) -> None:
    response = post(None)
    assert is_problem(response, 401)
    assert response["WWW-Authenticate"] == "Bearer"


def test_a_cookie_opens_nothing(alice_client: Client) -> None:
    response = alice_client.post("/mcp", LIST, content_type="application/json")
    assert is_problem(response, 401)


@pytest.mark.parametrize("method", ["get", "put", "delete", "options"])
def test_another_method_is_a_405(method: str, full_key: tuple[ApiKey, str]) -> None:
    headers = {"Authorization": f"Bearer {full_key[1]}"}
    response = getattr(Client(), method)("/mcp", headers=headers)
    assert is_problem(response, 405)
    assert response["Allow"] == "POST"


@pytest.mark.parametrize(
    "origin", ["https://evil.example.com", "null", "http://[", "file://"]
)
def test_a_page_of_another_site_is_refused(
    full_key: tuple[ApiKey, str], origin: str
) -> None:
    assert is_problem(post(full_key[1], Origin=origin), 403)


@pytest.mark.parametrize("origin", ["http://localhost:6274", settings.BASE_URL])
def test_a_page_of_this_machine_may_ask(
    full_key: tuple[ApiKey, str], origin: str
) -> None:
    assert post(full_key[1], Origin=origin).status_code == 200


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"[" * 50_000, 400),
        (b'{"a":' * 5_000 + b"1" + b"}" * 5_000, 400),
        (b" " * 300_000, 413),
        (b"[" + b"[]," * 20_000 + b"[]]", 413),
        (b"[" + b"1," * 80_000 + b"1]", 413),
    ],
)
def test_a_monstrous_body_is_a_problem(
    full_key: tuple[ApiKey, str], body: bytes, status: int
) -> None:
    assert is_problem(post(full_key[1], body), status)


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[]", b'{"id": null}', b"5"])
def test_what_is_no_message_is_an_error_of_json_rpc(
    full_key: tuple[ApiKey, str], body: bytes
) -> None:
    response = post(full_key[1], body)
    assert response.status_code == 400
    assert response.json()["error"]["code"] in {-32700, -32600}


def test_the_use_of_a_key_is_noted(full_key: tuple[ApiKey, str]) -> None:
    post(full_key[1])
    full_key[0].refresh_from_db()
    assert full_key[0].last_used_at


def test_an_address_below_it_is_a_problem(full_key: tuple[ApiKey, str]) -> None:
    assert is_problem(post(full_key[1], path="/mcp/nothing"), 404)
