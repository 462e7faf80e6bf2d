"""`GET /v1/expected-sessions`, one of them, and the tool of the same name."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from pytest_django import DjangoAssertNumQueries

from tests.api.conftest import Api, Tools
from tests.conversations.conftest import MakeAgent, MakeConversation
from tests.integrations.expected_sessions.made import (
    MakeSession,
    livekit_project,
    make_session,
)

__all__ = ["livekit_project", "make_session"]

pytestmark = pytest.mark.django_db
PATH = "/v1/expected-sessions"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def jobs(response: Any) -> list[str]:
    assert response.status_code == 200, response.content
    return [each["jobId"] for each in response.json()["data"]]


def test_it_tells_all_that_is_known_of_a_session(
    api: Api,
    make_session: MakeSession,
    make_agent: MakeAgent,
    make_conversation: MakeConversation,
) -> None:
    agent, conversation = make_agent(), make_conversation()
    row = make_session(
        "arrived",
        at=NOON,
        agent=agent,
        agent_name="front-desk",
        conversation=conversation,
        came_late=True,
        arrived_at=NOON + timedelta(hours=1),
        job_status="failed",
        job_error="worker disconnected",
        worker_id="AW_1",
        has_spoken=True,
    )
    expected = {
        "id": str(row.id),
        "state": "arrived",
        "reason": None,
        "cameLate": True,
        "agentId": str(agent.id),
        "agentName": "front-desk",
        "projectId": str(row.project_id),
        "jobId": "AJ_0001",
        "jobStatus": "failed",
        "jobError": "worker disconnected",
        "workerId": "AW_1",
        "roomSid": "RM_0001",
        "roomName": "room-1",
        "hasSpoken": True,
        "startedAt": "2026-11-20T11:56:48Z",
        "endedAt": "2026-11-20T12:00:00Z",
        "conversationId": str(conversation.id),
        "refusedDeliveryId": None,
        "arrivedAt": "2026-11-20T13:00:00Z",
    }
    assert api.get(PATH).json() == {"data": [expected], "nextCursor": None}
    assert api.get(f"{PATH}/{row.id}").json() == expected


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, ["AJ_running", "AJ_late", "AJ_missing"]),
        ({"state": "missing"}, ["AJ_missing"]),
        ({"state": "late"}, ["AJ_late"]),
        ({"state": "running"}, ["AJ_running"]),
        ({"state": "not_told"}, []),
        ({"reference": "AJ_late"}, ["AJ_late"]),
        ({"endedAfter": "2026-11-20T12:00:00Z"}, ["AJ_running", "AJ_late"]),
        ({"endedBefore": "2026-11-20T12:00:00Z"}, ["AJ_missing"]),
        ({"endedAfter": "2026-11-20", "endedBefore": "2026-11-21"}, ["AJ_late"]),
        ({"agentId": str(uuid.UUID(int=7))}, []),
    ],
)
def test_it_is_narrowed(
    api: Api, make_session: MakeSession, asked: dict[str, str], found: list[str]
) -> None:
    make_session("missing", at=NOON - timedelta(days=1), job_id="AJ_missing")
    make_session("arrived", at=NOON, job_id="AJ_late", came_late=True)
    make_session("running", at=NOON + timedelta(days=1), job_id="AJ_running")
    assert jobs(api.get(PATH, **asked)) == found


def test_it_is_narrowed_to_an_agent(
    api: Api, make_session: MakeSession, make_agent: MakeAgent
) -> None:
    agent = make_agent()
    make_session("missing", agent=agent, job_id="AJ_theirs")
    make_session("missing")
    make_session("arrived", agent=agent)
    asked = {"agentId": str(agent.id), "state": "missing"}
    assert jobs(api.get(PATH, **asked)) == ["AJ_theirs"]


def test_cursors_lead_through_all_once(api: Api, make_session: MakeSession) -> None:
    for number in range(7):
        make_session(("missing", "arrived")[number % 2], at=NOON)
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        response = api.get(PATH, limit=2, **cursor)
        seen += jobs(response)
        if response.json()["nextCursor"] is None:
            break
        cursor = {"cursor": response.json()["nextCursor"]}
    assert len(seen) == len(set(seen)) == 7


@pytest.mark.parametrize(
    ("asked", "path"),
    [
        ({"state": "lost"}, "state"),
        ({"agentId": "front-desk"}, "agentId"),
        ({"endedAfter": "yesterday"}, "endedAfter"),
        ({"cursor": "nonsense"}, "cursor"),
    ],
)
def test_what_does_not_fit_is_named(api: Api, asked: dict[str, str], path: str) -> None:
    response = api.get(PATH, **asked)
    assert response.status_code == 400
    assert response.json()["errors"][0]["path"] == path


def test_it_shows_nobody_elses(
    outsider: Api, outsiders_tools: Tools, make_session: MakeSession
) -> None:
    row = make_session("missing")
    assert jobs(outsider.get(PATH)) == []
    assert jobs(outsider.get(PATH, reference=row.job_id)) == []
    assert outsider.get(f"{PATH}/{row.id}").status_code == 404
    assert outsiders_tools.call("list_expected_sessions")["data"] == []


def test_keys_of_other_scopes(
    reader: Api, poster: Api, stranger: Api, make_session: MakeSession
) -> None:
    row = make_session("missing")
    for path in (PATH, f"{PATH}/{row.id}"):
        assert reader.get(path).status_code == 200
        assert poster.get(path).status_code == 403
        assert stranger.get(path).status_code == 401


@pytest.mark.parametrize("id_", ["AJ_1", str(uuid.UUID(int=7))])
def test_another_id_is_not_there(api: Api, id_: str) -> None:
    response = api.get(f"{PATH}/{id_}")
    assert response.status_code == 404
    assert "There is no expected session" in response.json()["detail"]


@pytest.mark.parametrize("rows", [1, 50])
@pytest.mark.parametrize("state", [None, "missing"])
def test_it_asks_as_little_for_many_as_for_one(
    api: Api,
    make_session: MakeSession,
    django_assert_num_queries: DjangoAssertNumQueries,
    rows: int,
    state: str | None,
) -> None:
    for _ in range(rows):
        make_session("missing")
    asked = {"state": state} if state else {}
    api.get(PATH, **asked)
    with django_assert_num_queries(3):
        assert len(jobs(api.get(PATH, **asked))) == rows


def test_the_tool_gives_the_same_with_the_page_to_look_at(
    tools: Tools,
    api: Api,
    make_session: MakeSession,
    make_conversation: MakeConversation,
) -> None:
    conversation = make_conversation()
    make_session("missing", at=NOON)
    make_session("arrived", at=NOON - timedelta(1), conversation=conversation)
    top = f"{settings.BASE_URL}/org/acme"
    told = api.get(PATH).json()["data"]
    told[0]["url"] = f"{top}/agents/expected?reference=AJ_0001"
    told[1]["url"] = f"{top}/conversations/{conversation.id}"
    answer = tools.call("list_expected_sessions")
    assert answer == {"data": told, "nextCursor": None}
    one = tools.call("list_expected_sessions", state="missing", limit=1)["data"]
    assert one == told[:1]


def test_the_tool_cuts_what_is_long(tools: Tools, make_session: MakeSession) -> None:
    for _ in range(60):
        make_session("missing", job_error="x" * 5_000, reason="y" * 5_000)
    told = tools.call("list_expected_sessions", limit=200)
    assert "more characters" in told["data"][0]["jobError"]
    assert 0 < len(told["data"]) < 60
    rest = tools.call("list_expected_sessions", limit=200, cursor=told["nextCursor"])
    assert rest["data"][0]["jobId"] not in {each["jobId"] for each in told["data"]}
