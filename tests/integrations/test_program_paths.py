"""However many slashes a program puts into a path, it gets the same answer: never a
redirect, never HTML."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.http import HttpRequest
from django.test import Client

from accounts.models import ApiKey, Organization
from integrations.models import Delivery
from integrations.program_paths import ProgramPathMiddleware, normalized
from tests.conftest import MakeKey
from tests.integrations.conftest import session
from web.server.environ import RAW_PATH, environ_of
from web.server.turns import Lane
from zelto.lanes import lane_of, reads_as_it_arrives


@pytest.mark.parametrize(
    ("sent", "path"),
    [
        ("//webhooks/calls", "/webhooks/calls"),
        ("/webhooks//calls", "/webhooks/calls"),
        ("///webhooks///calls///", "/webhooks/calls"),
        ("/webhooks/calls/", "/webhooks/calls"),
        ("//mcp", "/mcp"),
        ("/mcp/", "/mcp"),
        ("//v1/conversations", "/v1/conversations"),
        ("/v1//conversations/", "/v1/conversations"),
        ("//healthz", "/healthz"),
        ("/readyz//", "/readyz"),
        ("//metrics", "/metrics"),
        ("//webhooks//not//there", "/webhooks/not/there"),
    ],
)
def test_slashes_count_once_below_the_paths_of_programs(sent: str, path: str) -> None:
    assert normalized(sent) == path
    assert normalized(path) == path
    assert normalized(sent, sent.encode()) == path
    assert lane_of(sent) is lane_of(path)
    assert reads_as_it_arrives(sent) is reads_as_it_arrives(path)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "//",
        "/org/acme//agents",
        "//org/acme",
        "/admin/",
        "/v1x//y",
        "//example.com/",
    ],
)
def test_the_paths_of_people_stay_as_they_are(path: str) -> None:
    assert normalized(path) == path


def test_a_slash_that_belongs_to_a_name_stays() -> None:
    path = "/v1/calls/https://example.com/"
    assert normalized(path, b"/v1/calls/https%3A%2F%2Fexample.com%2F") == path


def test_the_front_puts_them_into_the_same_lane() -> None:
    assert lane_of("//webhooks//calls/") is Lane.POSTS
    assert lane_of("//healthz") is Lane.POSTS
    assert lane_of("//webhooks//livekit/abc") is Lane.EVENTS
    assert lane_of("//mcp/") is Lane.PROGRAMS
    assert reads_as_it_arrives("//v1//conversations//")


def test_the_server_tells_how_the_path_was_sent() -> None:
    scope = {
        "method": "GET",
        "path": "/v1/a b",
        "raw_path": b"/v1/a%20b",
        "query_string": b"",
        "http_version": "1.1",
        "headers": [],
    }
    assert environ_of(scope, None)[RAW_PATH] == b"/v1/a%20b"


def ask(
    path: str, key: str, method: str = "POST", body: Any = None, **environ: Any
) -> Any:
    client = Client(raise_request_exception=False)
    return client.generic(
        method,
        "/",
        json.dumps(body) if body is not None else "",
        content_type="application/json",
        headers={"Authorization": f"Bearer {key}"},
        PATH_INFO=path,
        **environ,
    )


@pytest.fixture
def key(organization: Organization, make_key: MakeKey) -> str:
    return make_key(organization, ApiKey.Scope.FULL)[1]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["//webhooks/calls", "/webhooks//calls", "//webhooks//calls//"]
)
def test_a_session_is_stored(key: str, path: str, wakeups: list[None]) -> None:
    response = ask(path, key, body=session())

    assert (response.status_code, response.json()) == (200, {"received": True})
    assert Delivery.objects.get().external_id == "call-1"
    assert len(wakeups) == 1


LIST = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "//mcp", LIST, 200),
        ("POST", "/mcp//", LIST, 200),
        ("GET", "//v1/conversations", None, 200),
        ("GET", "/v1//agents/", None, 200),
        ("GET", "/v1/usage/", None, 200),
        ("POST", "/v1/conversations/", {}, 415),
        ("GET", "//healthz", None, 200),
        ("GET", "/healthz/", None, 200),
        ("GET", "//webhooks/calls", None, 405),
        ("POST", "//webhooks/call", {}, 404),
        ("POST", "//v1//nothing/", {}, 404),
    ],
)
def test_programs_are_answered(
    key: str, method: str, path: str, body: Any, status: int
) -> None:
    response = ask(path, key, method, body)

    assert response.status_code == status
    assert "json" in response["Content-Type"]
    if status >= 400:
        assert response["Content-Type"] == "application/problem+json"


@pytest.mark.django_db
def test_a_slash_that_is_part_of_a_name_is_no_html_either(key: str) -> None:
    raw: dict[str, Any] = {RAW_PATH: b"/%2Fwebhooks/calls"}
    response = ask("//webhooks/calls", key, body=session(), **raw)
    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"


@pytest.mark.django_db
def test_a_refusal_names_the_one_path(key: str) -> None:
    detail = ask("//webhooks//calls", key, "GET").json()["detail"]
    assert detail == "Send a POST to /webhooks/calls, not a GET."


def test_below_a_path_of_its_own_only_what_follows_it_changes() -> None:
    seen: list[HttpRequest] = []
    request = HttpRequest()
    request.path, request.path_info = "/zelto//webhooks/calls", "//webhooks/calls"

    def answer(given: HttpRequest) -> Any:
        seen.append(given)

    ProgramPathMiddleware(answer)(request)

    assert seen[0].path == "/zelto/webhooks/calls"
    assert seen[0].path_info == "/webhooks/calls"
