"""`GET /v1/agents`"""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from tests.api.conftest import Api
from tests.conversations.conftest import NOON, MakeAgent, MakeConversation

pytestmark = pytest.mark.django_db
PATH = "/v1/agents"
# The key, its organization, the agents, their prompts.
QUERIES = 4


def test_it_lists_agents_by_creation_newest_first(
    api: Api, make_agent: MakeAgent
) -> None:
    for number in (2, 1, 3):
        make_agent(external_id=f"a-{number}", created_at=NOON + timedelta(days=number))
    body = api.get(PATH).json()
    assert [each["externalId"] for each in body["data"]] == ["a-3", "a-2", "a-1"]
    assert body["nextCursor"] is None


def test_it_tells_all_of_an_agent(
    api: Api, make_agent: MakeAgent, make_conversation: MakeConversation
) -> None:
    agent = make_agent(
        external_id="front", name="Front desk", description="At night.", type="human"
    )
    make_conversation(agent=agent, turns=[], system_prompt="An old one.")
    newest = make_conversation(agent=agent, turns=[], system_prompt="Be kind.")
    (told,) = api.get(PATH).json()["data"]
    assert told.pop("createdAt")
    assert told.pop("updatedAt")
    assert told == {
        "id": str(agent.id),
        "name": "Front desk",
        "description": "At night.",
        "externalId": "front",
        "provider": "livekit",
        "type": "human",
        "systemPrompt": "Be kind.",
        "lastSessionAt": newest.created_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def test_an_agent_without_sessions_has_no_prompt(
    api: Api, make_agent: MakeAgent
) -> None:
    make_agent(external_id="front")
    (told,) = api.get(PATH).json()["data"]
    assert told["name"] == "front"
    assert told["systemPrompt"] is None
    assert told["lastSessionAt"] is None


def test_the_prompt_is_that_of_the_newest_conversation_also_where_it_has_none(
    api: Api, make_agent: MakeAgent, make_conversation: MakeConversation
) -> None:
    agent = make_agent()
    make_conversation(agent=agent, turns=[], system_prompt="An old one.")
    make_conversation(agent=agent)
    (told,) = api.get(PATH).json()["data"]
    assert told["systemPrompt"] is None


def test_a_merged_agent_goes_by_the_one_it_became(
    api: Api, make_agent: MakeAgent
) -> None:
    kept = make_agent()
    merged = make_agent(merged_into=kept)
    assert [each["id"] for each in api.get(PATH).json()["data"]] == [str(kept.id)]
    assert api.get(f"{PATH}/{merged.id}").status_code == 404


def test_the_cursor_leads_through_all_of_them(api: Api, make_agent: MakeAgent) -> None:
    # Made at one moment, so that the ids decide.
    agents = {str(make_agent(created_at=NOON).id) for _ in range(7)}
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        body = api.get(PATH, limit=3, **cursor).json()
        seen += [each["id"] for each in body["data"]]
        if body["nextCursor"] is None:
            break
        cursor = {"cursor": body["nextCursor"]}
    assert len(seen) == 7
    assert set(seen) == agents
    assert seen == sorted(seen, reverse=True)


@pytest.mark.parametrize("limit", ["0", "201", "-1", "1.5", "many", "", "٣", "1e2"])
def test_a_strange_limit_is_named(api: Api, limit: str) -> None:
    response = api.get(PATH, limit=limit)
    assert response.status_code == 400
    (fault,) = response.json()["errors"]
    assert fault["path"] == "limit"
    assert fault["detail"].startswith("must be a whole number from 1 to 200")


@pytest.mark.parametrize("limit", ["1", "200"])
def test_the_limit_goes_from_1_to_200(api: Api, limit: str) -> None:
    assert api.get(PATH, limit=limit).status_code == 200


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "null",
        "ё",
        "A" * 501,
        # 0001-01-01T00:00:00+23:59 and an id; a time without a zone; no id.
        "MDAwMS0wMS0wMVQwMDowMDowMCsyMzo1OSAwMTlhYjFkMi03YzFlLTdkMzAtOWE1NS0wYzlmNGI3YTFlMjE",
        "MjAyNi0wMS0wMVQwMDowMDowMCAwMTlhYjFkMi03YzFlLTdkMzAtOWE1NS0wYzlmNGI3YTFlMjE",
        "MjAyNi0wMS0wMVQwMDowMDowMCswMDowMCB4",
    ],
)
def test_a_strange_cursor_is_named(api: Api, cursor: str) -> None:
    response = api.get(PATH, cursor=cursor)
    assert response.status_code == 400
    assert response.json()["errors"][0]["path"] == "cursor"


def test_a_parameter_that_is_there_twice_is_named(api: Api, full_key) -> None:
    headers = {"Authorization": f"Bearer {full_key[1]}"}
    response = Client().get(f"{PATH}?limit=1&limit=2", headers=headers)
    assert response.status_code == 400
    assert response.json()["detail"] == "limit is there more than once."


def test_every_fault_is_named(api: Api) -> None:
    response = api.get(PATH, limit="x", cursor="", colour="blue")
    assert {each["path"] for each in response.json()["errors"]} == {
        "limit",
        "cursor",
        "colour",
    }


def test_it_shows_nobody_elses(outsider: Api, make_agent: MakeAgent) -> None:
    make_agent()
    assert outsider.get(PATH).json() == {"nextCursor": None, "data": []}


def test_a_key_of_the_scope_read_may_read(reader: Api, make_agent: MakeAgent) -> None:
    make_agent()
    assert len(reader.get(PATH).json()["data"]) == 1


@pytest.mark.parametrize("rows", [1, 40])
def test_it_asks_as_little_for_many_as_for_one(
    api: Api,
    make_agent: MakeAgent,
    make_conversation: MakeConversation,
    django_assert_num_queries: DjangoAssertNumQueries,
    rows: int,
) -> None:
    for _ in range(rows):
        make_conversation(agent=make_agent(), turns=[], system_prompt="Be kind.")
    api.get(PATH)  # notes the use of the key, once a minute
    with django_assert_num_queries(QUERIES):
        assert len(api.get(PATH).json()["data"]) == rows
