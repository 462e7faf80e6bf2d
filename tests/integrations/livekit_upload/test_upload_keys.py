"""A key that came in a path posts, and never reads: not by any route, nor out of what is
remembered of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.urls import URLResolver, get_resolver

from accounts.key_check import remembered
from accounts.models import ApiKey, Organization
from conversations.models import Conversation
from integrations.models import Delivery
from tests.conftest import MakeKey
from tests.integrations.livekit_upload.recorded import requests_of, upload, upload_all

pytestmark = pytest.mark.django_db(transaction=True)

CASE = "py-1.8.9-text-handoff"
NOWHERE = "00000000-0000-4000-8000-000000000000"
SAMPLES = {"slug": "acme", "uuid": NOWHERE, "int": "1", "str": "x", "path": "x"}
PARAMETER = re.compile(r"<(?:(\w+):)?(\w+)>")
SECRETS = ["Northwind", "support-bot", "AJ_"]
# What anybody may read.
PUBLIC = {"v1/openapi.json", "v1/docs", "healthz", "readyz"}
CALL = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}


@pytest.fixture
def used(token: str, process: Any) -> str:
    """Return the key of an address that was used, and has a conversation to read."""
    upload_all(token, requests_of(CASE))
    Delivery.objects.update(next_try_at=None)
    process()
    assert Conversation.objects.exists()
    assert remembered(f"Bearer {token}") is not None
    return token


def routes(patterns: list[Any] | None = None, before: str = "") -> Iterator[str]:
    """Yield the text of each route."""
    for one in get_resolver().url_patterns if patterns is None else patterns:
        text = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from routes(one.url_patterns, text)
        else:
            yield text


def addresses(call: Conversation) -> set[str]:
    """Return an address of each route; those of conversations name this one."""

    def sample(found: re.Match[str]) -> str:
        if found[2] in ("id", "conversation_id"):
            return str(call.pk)
        return SAMPLES.get(found[1], "x")

    texts = (PARAMETER.sub(sample, text) for text in routes())
    return {"/" + text for text in texts if not set(text) & set("^$()\\")}


OF_THE_KEY = {"/v1/worker-check"}


def test_it_reads_nothing_by_any_route(used: str) -> None:
    call = Conversation.objects.get()
    found = sorted(addresses(call))
    assert len(found) > 60
    assert f"/v1/conversations/{call.pk}" in found
    client = Client(raise_request_exception=False)
    for address in found:
        for method in (client.get, client.head):
            answer = method(
                address,
                {"organization": "acme"},
                headers={"Authorization": f"Bearer {used}"},
            )
            body = b"" if answer.streaming else answer.content
            text = body.decode("utf-8", "replace")
            if answer.status_code == 200 and address.strip("/") not in PUBLIC:
                assert not any(secret in text for secret in SECRETS), address
            if (
                address.startswith(("/v1/", "/mcp"))
                and address.strip("/") not in PUBLIC
            ):
                # What the doctor asks is of the key alone; it knows no `organization`.
                told = (
                    (400, 403, 404, 405) if address in OF_THE_KEY else (403, 404, 405)
                )
                assert answer.status_code in told, address


@pytest.mark.parametrize("path", ["/v1/conversations", "/v1/agents", "/v1/usage"])
def test_it_is_told_why_by_rest(used: str, path: str) -> None:
    answer = Client().get(path, headers={"Authorization": f"Bearer {used}"})
    assert answer.status_code == 403
    assert "Northwind" not in answer.content.decode()


def test_it_reads_nothing_by_mcp(used: str) -> None:
    headers = {
        "Authorization": f"Bearer {used}",
        "Accept": "application/json, text/event-stream",
    }
    answer = Client().post(
        "/mcp", CALL, content_type="application/json", headers=headers
    )
    assert answer.status_code == 403


def test_a_get_of_its_address_shows_nothing(used: str) -> None:
    for path in ("", "/", "/observability/recordings/v0", "/v1/conversations", "/mcp"):
        answer = Client().get(f"/livekit/{used}{path}")
        assert answer.status_code == 405
        assert not answer.cookies
        assert "sessionid" not in answer.headers.get("Set-Cookie", "")


def test_what_is_remembered_of_it_may_only_post(used: str) -> None:
    known = remembered(f"Bearer {used}")
    assert known is not None
    assert known.may_post
    assert not known.may_read
    assert not known.may_write


@pytest.mark.parametrize("scope", [ApiKey.Scope.FULL, ApiKey.Scope.READ])
def test_a_key_that_reads_is_not_taken_for_one_that_posts(
    organization: Organization, make_key: MakeKey, scope: ApiKey.Scope
) -> None:
    """Nor the other way round: each request looks at its own way in."""
    text = make_key(organization, scope=scope)[1]
    client = Client()
    headers = {"Authorization": f"Bearer {text}"}
    assert client.get("/v1/conversations", headers=headers).status_code == 200
    for request in requests_of(CASE):
        assert upload(text, request).status_code == 403
    assert not Delivery.objects.filter(status=200).exists()
    assert client.get("/v1/conversations", headers=headers).status_code == 200


def test_a_remembered_address_that_is_revoked_takes_nothing_more(used: str) -> None:
    before = Delivery.objects.filter(status=200).count()
    ApiKey.objects.update(revoked_at="2020-01-01T00:00:00Z")
    for request in requests_of(CASE):
        assert upload(used, request).status_code == 401
    assert Delivery.objects.filter(status=200).count() == before
