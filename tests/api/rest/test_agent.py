"""`GET /v1/agents/{id}` and `PATCH /v1/agents/{id}`"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import ApiKey, AuditEntry
from conversations.models import Agent
from tests.api.conftest import Api
from tests.conversations.conftest import MakeAgent, MakeConversation

pytestmark = pytest.mark.django_db


@pytest.fixture
def agent(make_agent: MakeAgent) -> Agent:
    return make_agent(external_id="front", name="Front desk", named_by_sequence=7)


@pytest.fixture
def path(agent: Agent) -> str:
    return f"/v1/agents/{agent.id}"


def test_it_gives_the_agent(api: Api, agent: Agent, path: str) -> None:
    assert api.get(path).json() == api.get("/v1/agents").json()["data"][0]


def test_an_id_may_be_in_capitals(api: Api, path: str) -> None:
    assert api.get(path[:11] + path[11:].upper()).status_code == 200


def test_an_unknown_one_is_a_404(api: Api) -> None:
    response = api.get(f"/v1/agents/{uuid.uuid4()}")
    assert response.status_code == 404
    assert response.json()["detail"] == "There is no agent with this id."


def test_it_refuses_an_outsider(outsider: Api, agent: Agent, path: str) -> None:
    assert outsider.get(path).status_code == 404
    assert outsider.patch(path, {"name": "Mine"}).status_code == 404
    agent.refresh_from_db()
    assert agent.name == "Front desk"


def test_what_has_not_changed_is_not_sent_again(
    api: Api, agent: Agent, path: str
) -> None:
    tag = api.get(path)["ETag"]
    again = api.get(path, headers={"If-None-Match": tag})
    assert again.status_code == 304
    assert again["ETag"] == tag
    api.patch(path, {"name": "Night desk"})
    changed = api.get(path, headers={"If-None-Match": tag})
    assert changed.status_code == 200
    assert changed["ETag"] != tag


def test_it_asks_little(
    api: Api,
    agent: Agent,
    path: str,
    make_conversation: MakeConversation,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    make_conversation(agent=agent, turns=[], system_prompt="Be kind.")
    api.get(path)
    with django_assert_num_queries(4):
        api.get(path)


@pytest.mark.parametrize(
    ("change", "field", "value"),
    [
        ({"name": "Night desk"}, "name", "Night desk"),
        ({"name": "夜間受付 😀"}, "name", "夜間受付 😀"),
        ({"name": " spaced "}, "name", "spaced"),
        ({"name": "x" * 255}, "name", "x" * 255),
        ({"description": "Two\nlines."}, "description", "Two\nlines."),
        ({"description": ""}, "description", ""),
        ({"type": "human"}, "type", "human"),
    ],
)
def test_it_changes_what_is_sent(
    api: Api, agent: Agent, path: str, change: dict[str, str], field: str, value: str
) -> None:
    response = api.patch(path, change)
    assert response.status_code == 200
    assert response.json()[field] == value
    agent.refresh_from_db()
    assert getattr(agent, field) == value


def test_what_is_absent_stays(api: Api, agent: Agent, path: str) -> None:
    api.patch(path, {"type": "human"})
    agent.refresh_from_db()
    assert agent.name == "Front desk"
    assert agent.named_by_sequence == 7


def test_a_name_given_so_is_never_changed_by_a_call(
    api: Api, agent: Agent, path: str
) -> None:
    api.patch(path, {"name": "Night desk"})
    agent.refresh_from_db()
    assert agent.named_by_sequence is None


def test_an_empty_name_shows_the_external_id(api: Api, path: str) -> None:
    assert api.patch(path, {"name": ""}).json()["name"] == "front"


@pytest.mark.parametrize(
    ("change", "at"),
    [
        ({"name": 5}, "name"),
        ({"name": None}, "name"),
        ({"name": "x" * 256}, "name"),
        ({"name": "two\nlines"}, "name"),
        ({"name": "nul\x00"}, "name"),
        ({"name": "half \ud800"}, "name"),
        ({"description": "x" * 2001}, "description"),
        ({"description": "nul\x00"}, "description"),
        ({"description": "half \ud800"}, "description"),
        ({"description": []}, "description"),
        ({"type": "robot"}, "type"),
        ({"type": None}, "type"),
        ({"colour": "blue"}, "colour"),
        ({"id": str(uuid.UUID(int=7))}, "id"),
        ({"externalId": "other"}, "externalId"),
    ],
)
def test_a_wrong_or_unknown_field_is_a_422(
    api: Api, agent: Agent, path: str, change: dict[str, Any], at: str
) -> None:
    response = api.patch(path, change)
    assert response.status_code == 422
    assert [each["path"] for each in response.json()["errors"]] == [at]
    agent.refresh_from_db()
    assert agent.name == "Front desk"


def test_every_fault_is_named(api: Api, path: str) -> None:
    response = api.patch(path, {"name": 1, "type": "robot", "colour": 2})
    named = {each["path"] for each in response.json()["errors"]}
    assert named == {"name", "type", "colour"}


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"", {}, 400),
        (b"{", {}, 400),
        (b"[]", {}, 400),
        (b"\xff", {}, 400),
        (b'{"a":' * 100 + b"1" + b"}" * 100, {}, 400),
        (b"name=x", {"content_type": "application/x-www-form-urlencoded"}, 415),
        (b"{}", {"Content-Encoding": "br"}, 415),
        (b'{"name": "' + b"x" * 70_000 + b'"}', {}, 413),
        (b'\xef\xbb\xbf{"type": "ai"}', {}, 200),
        (b"{}", {"content_type": "application/merge-patch+json"}, 200),
    ],
)
def test_a_body_that_is_no_object_says_so(
    api: Api, path: str, body: bytes, headers: dict[str, str], status: int
) -> None:
    assert api.patch(path, body, **headers).status_code == status


def test_it_refuses_the_scopes_that_may_not(
    reader: Api, poster: Api, stranger: Api, agent: Agent, path: str
) -> None:
    for who, status in ((reader, 403), (poster, 403), (stranger, 401)):
        assert who.patch(path, {"name": "Mine"}).status_code == status
    agent.refresh_from_db()
    assert agent.name == "Front desk"


def test_it_is_in_the_audit_log_under_the_key(
    api: Api, path: str, full_key: tuple[ApiKey, str]
) -> None:
    api.patch(path, {"name": "Night desk"})
    entry = AuditEntry.objects.get()
    assert entry.key == full_key[0]
    assert entry.by is None


def test_a_merged_one_is_none(
    api: Api, agent: Agent, make_agent: Callable[..., Agent], path: str
) -> None:
    Agent.objects.filter(pk=agent.pk).update(merged_into=make_agent())
    assert api.get(path).status_code == 404
    assert api.patch(path, {"name": "x"}).status_code == 404
