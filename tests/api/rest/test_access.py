"""Who may ask, and what is said to who may not: the same at every address."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import ApiKey, Organization
from api.urls import urlpatterns
from tests.api.conftest import Api
from tests.conftest import MakeKey

pytestmark = pytest.mark.django_db

PUBLIC = {"v1/openapi.json", "v1/docs"}
ADDRESSES = [
    "/" + str(each.pattern).replace("<str:id>", str(uuid.UUID(int=7)))
    for each in urlpatterns
    if str(each.pattern) not in PUBLIC and str(each.pattern).startswith("v1/")
]
READ = "/v1/agents"
# What a worker's doctor asks with its own key, and answers of that alone.
OF_THE_KEY = "/v1/worker-check"


def test_the_walk_finds_the_addresses() -> None:
    assert len(ADDRESSES) > 4


@pytest.mark.parametrize("address", ADDRESSES)
def test_nothing_is_there_without_a_key(stranger: Api, address: str) -> None:
    response = stranger.get(address)
    assert response.status_code in {401, 405}
    if response.status_code == 401:
        assert response["WWW-Authenticate"] == "Bearer"
        assert "There is no API key" in response.json()["detail"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_key_that_may_only_post_reads_nothing(poster: Api, address: str) -> None:
    response = poster.get(address)
    if address == OF_THE_KEY:
        assert "conversations" not in response.content.decode()
        return
    assert response.status_code in {403, 405}
    if response.status_code == 403:
        assert "may only post" in response.json()["detail"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_cookie_opens_nothing(alice_client: Client, address: str) -> None:
    assert alice_client.get(address).status_code in {401, 405}


@pytest.mark.parametrize("address", ADDRESSES)
def test_an_unknown_parameter_is_named(api: Api, address: str) -> None:
    response = api.get(address, colour="blue")
    assert response.status_code in {400, 405}
    if response.status_code == 400:
        fault = {"path": "colour", "detail": "is not known here"}
        assert response.json()["errors"] == [fault]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"revoked_at": timezone.now()}, "was revoked"),
        ({"expires_at": timezone.now() - timedelta(days=1)}, "has expired"),
    ],
)
def test_a_key_that_is_over_says_so(
    api_with, organization: Organization, make_key: MakeKey, fields, words: str
) -> None:
    response = api_with(make_key(organization, **fields)[1]).get(READ)
    assert response.status_code == 401
    assert words in response.json()["detail"]


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("Basic YWxpY2U6cGFzcw==", "must read: Bearer"),
        ("Bearer", "There is no API key after Bearer"),
        ("Bearer zelto_nonsense", "not a Zelto API key"),
    ],
)
def test_a_strange_header_says_so(stranger: Api, header: str, words: str) -> None:
    response = stranger.get(READ, headers={"Authorization": header})
    assert response.status_code == 401
    assert words in response.json()["detail"]


def test_a_key_of_the_scope_read_writes_nothing(reader: Api) -> None:
    for response in (
        reader.patch(f"/v1/agents/{uuid.uuid4()}", {}),
        reader.delete(f"/v1/conversations/{uuid.uuid4()}"),
    ):
        assert response.status_code == 403
        assert "may only read" in response.json()["detail"]


@pytest.mark.parametrize("path", ["/v1", "/v1/", "/v1/nothing", "/v1/agents/1/2"])
def test_an_unknown_address_is_a_problem(api: Api, path: str) -> None:
    response = api.get(path)
    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE"])
def test_another_method_is_a_problem(api: Api, method: str) -> None:
    response = api.ask(method, READ)
    assert response.status_code == 405
    assert response["Allow"] == "GET, HEAD"


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "nonsense"])
def test_there_is_json_for_everybody(api: Api, accept: str) -> None:
    response = api.get(READ, headers={"Accept": accept})
    assert response.status_code == 200
    assert response["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    "id", ["1", "x", "0" * 32, "{" + str(uuid.UUID(int=7)) + "}", "%00"]
)
def test_a_malformed_id_is_nothing(api: Api, id: str) -> None:
    assert api.get(f"/v1/agents/{id}").status_code == 404


def test_the_use_of_a_key_is_noted_once_a_minute(
    api: Api, full_key: tuple[ApiKey, str]
) -> None:
    key, _ = full_key
    api.get(READ)
    key.refresh_from_db()
    first = key.last_used_at
    assert first is not None
    api.get(READ)
    key.refresh_from_db()
    assert key.last_used_at == first


def test_a_fault_of_ours_is_a_problem(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("zelto_ must not be told")

    monkeypatch.setattr("api.views.agents.list_agents", fail)
    response = api.get(READ)
    assert response.status_code == 500
    assert "zelto_" not in response.content.decode()


def test_answers_are_compressed_for_who_asks(api: Api, make_agent) -> None:
    make_agent(description="long " * 200)
    response = api.get(READ, headers={"Accept-Encoding": "gzip"})
    assert response["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in response["Vary"]


def test_a_problem_has_no_tag(api: Api) -> None:
    for path in (f"/v1/agents/{uuid.uuid4()}", f"{READ}?limit=0"):
        assert "ETag" not in api.ask("GET", path)


@pytest.mark.parametrize("path", ["agents", "conversations", "deliveries", "usage"])
def test_a_page_that_has_not_changed_is_not_sent_again(api: Api, path: str) -> None:
    tag = api.get(f"/v1/{path}")["ETag"]
    response = api.get(f"/v1/{path}", headers={"If-None-Match": tag})
    assert (response.status_code, response.content) == (304, b"")
