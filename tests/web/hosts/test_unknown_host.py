"""A host that is not one of ALLOWED_HOSTS: told to the log and to this machine alone."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client, override_settings

from web.hosts.same_machine import FORWARDING_HEADERS

pytestmark = pytest.mark.django_db

HOST = "zelto.internal"
PROGRAMS = ["/webhooks/calls", "/v1/agents", "/mcp", "/healthz", "/metrics"]


@pytest.fixture(autouse=True)
def two_hosts() -> Any:
    with override_settings(ALLOWED_HOSTS=["zelto.example.com", "localhost"]):
        yield


def ask(
    path: str = "/login",
    *,
    host: str = HOST,
    peer: str = "127.0.0.1",
    protocol: str = "HTTP/1.1",
    **headers: str,
) -> Any:
    client = Client(REMOTE_ADDR=peer, SERVER_PROTOCOL=protocol)
    method = client.post if path == "/webhooks/calls" else client.get
    return method(path, headers={"Host": host, **headers})


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.0.0.2", "::1", "::ffff:127.0.0.1"])
def test_a_page_tells_this_machine_which_setting_it_is(peer: str) -> None:
    response = ask(host=f"{HOST}:8000", peer=peer)
    assert response.status_code == 400
    page = response.content.decode()
    assert "ALLOWED_HOSTS" in page
    assert HOST in page
    assert "zelto.example.com" in page


@pytest.mark.parametrize("path", PROGRAMS)
def test_a_program_is_told_in_a_problem(path: str) -> None:
    response = ask(path)
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"
    problem = json.loads(response.content)
    assert "ALLOWED_HOSTS" in problem["detail"]
    assert HOST in problem["detail"]
    assert problem["requestId"] == response["X-Request-Id"]


@pytest.mark.parametrize("path", ["/login", *PROGRAMS])
@pytest.mark.parametrize("peer", ["203.0.113.7", "10.0.0.7", "2001:db8::7", "", "x"])
def test_nobody_else_learns_of_it(path: str, peer: str) -> None:
    response = ask(path, peer=peer)
    assert response.status_code == 400
    content = response.content.decode()
    assert "ALLOWED_HOSTS" not in content
    assert "zelto.example.com" not in content


@pytest.mark.parametrize("header", FORWARDING_HEADERS)
def test_nobody_learns_of_it_through_a_proxy_of_this_machine(header: str) -> None:
    assert b"ALLOWED_HOSTS" not in ask(**{header: "127.0.0.1"}).content


def test_nobody_learns_of_it_through_an_nginx_that_names_nobody() -> None:
    assert b"ALLOWED_HOSTS" not in ask(protocol="HTTP/1.0").content


@pytest.mark.parametrize("peer", ["127.0.0.1", "203.0.113.7"])
@pytest.mark.parametrize("path", ["/login", "/webhooks/calls"])
def test_the_log_says_it_in_one_line(
    caplog: pytest.LogCaptureFixture, path: str, peer: str
) -> None:
    ask(path, peer=peer)
    (record,) = [one for one in caplog.records if "ALLOWED_HOSTS" in one.getMessage()]
    assert record.levelname == "WARNING"
    assert HOST in record.getMessage()
    assert record.exc_info is None
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize(
    "host", ["zelto_web:8000", "zelto_web", "a/b", "[x]", "a b", "bücher.example"]
)
def test_what_no_setting_can_allow_is_told_apart(host: str) -> None:
    detail = json.loads(ask("/healthz", host=host).content)["detail"]
    assert "is no host name" in detail
    assert "ALLOWED_HOSTS cannot name it" in detail


def test_a_host_cannot_forge_a_line_or_a_page(caplog: pytest.LogCaptureFixture) -> None:
    page = ask(host="<script>\nERROR all is lost").content.decode()
    assert "<script>\n" not in page
    (record,) = [one for one in caplog.records if "ALLOWED_HOSTS" in one.getMessage()]
    assert "\n" not in record.getMessage()
    assert len(ask("/healthz", host="a" * 50_000).content) < 2_000


@pytest.mark.parametrize("path", ["/login", "/healthz"])
def test_a_host_of_ours_is_answered(path: str) -> None:
    assert ask(path, host="localhost:8000").status_code == 200
