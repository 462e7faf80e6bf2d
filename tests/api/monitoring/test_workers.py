"""`GET /v1/workers`, and the tool `list_workers`."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from django.conf import settings
from pytest_django import DjangoAssertNumQueries

from accounts.models import ApiKey
from integrations.models import AgentWorker
from tests.api.conftest import Api, Tools
from tests.conversations.conftest import MakeAgent
from tests.integrations.conftest import key, post, process, session, wakeups
from web.paging import Position

__all__ = ["key", "post", "process", "wakeups"]

pytestmark = pytest.mark.django_db
PATH = "/v1/workers"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
PACKAGE = "zelto-livekit/0.1.0 (livekit-agents 1.8.9; Python 3.12.4)"
MakeWorker = Callable[..., AgentWorker]


@pytest.fixture
def make_worker(full_key: tuple[ApiKey, str]) -> MakeWorker:
    """Return `make_worker("gpu-7", ...)`; each was first seen a minute later."""
    numbers = count()

    def make(host: str = "gpu-7", **fields: Any) -> AgentWorker:
        fields.setdefault("key", full_key[0])
        fields.setdefault("organization", fields["key"].organization)
        fields.setdefault("provider", "livekit")
        fields.setdefault("agent_reference", "front-desk")
        fields.setdefault("user_agent", PACKAGE)
        fields.setdefault("first_at", NOON + timedelta(minutes=next(numbers)))
        fields.setdefault("last_at", fields["first_at"] + timedelta(hours=1))
        fields.setdefault("waiting", 0)
        fields.setdefault("refused", 0)
        return AgentWorker.objects.create(host=host, **fields)

    return make


def hosts(response: Any) -> list[str | None]:
    assert response.status_code == 200, response.content
    return [each["host"] for each in response.json()["data"]]


def test_it_tells_what_is_known_of_a_host(
    api: Api,
    make_worker: MakeWorker,
    make_agent: MakeAgent,
    full_key: tuple[ApiKey, str],
) -> None:
    agent = make_agent(name="Front desk", external_id="front-desk")
    make_worker(waiting=3, refused=1)
    make_worker(agent_reference="billing", first_at=NOON, last_at=NOON)
    expected = {
        "host": "gpu-7",
        "state": "refused",
        "package": "0.1.0",
        "sdk": "1.8.9",
        "python": "3.12.4",
        "firstSeenAt": "2026-11-20T12:00:00Z",
        "lastSeenAt": "2026-11-20T13:00:00Z",
        "outboxWaiting": 3,
        "outboxRefused": 1,
        "keyId": str(full_key[0].id),
        "keyName": full_key[0].name,
        "agents": [
            {
                "id": str(agent.id),
                "name": "Front desk",
                "externalId": "front-desk",
                "provider": "livekit",
                "lastSeenAt": "2026-11-20T13:00:00Z",
            },
            {
                "id": None,
                "name": "billing",
                "externalId": "billing",
                "provider": "livekit",
                "lastSeenAt": "2026-11-20T12:00:00Z",
            },
        ],
        "url": f"{settings.BASE_URL}/org/acme/agents/{agent.id}",
    }
    assert api.get(PATH).json() == {"data": [expected], "nextCursor": None}


def test_a_post_of_the_package_is_a_worker(
    api: Api, post: Callable[..., Any], process: Callable[[], None]
) -> None:
    post(session(), **{"User-Agent": PACKAGE, "Zelto-Worker-Host": "gpu-7"})
    process()
    assert hosts(api.get(PATH)) == ["gpu-7"]


def test_states_of_hosts(api: Api, make_worker: MakeWorker) -> None:
    make_worker("old", last_at=NOON)
    make_worker("well", last_at=NOON + timedelta(days=2))
    make_worker("behind", last_at=NOON + timedelta(days=2), waiting=4)
    make_worker("alone", agent_reference="night", last_at=NOON - timedelta(days=30))
    # Of one of its agents others forward; of the other it alone does.
    make_worker("both", last_at=NOON)
    make_worker("both", agent_reference="billing", last_at=NOON)
    states = {one["host"]: one["state"] for one in api.get(PATH).json()["data"]}
    assert states == {
        "old": "silent",
        "well": "forwards",
        "behind": "catching_up",
        "alone": "forwards",
        "both": "forwards",
    }


def test_what_is_not_told_is_null(api: Api, make_worker: MakeWorker) -> None:
    make_worker("", user_agent="zelto-livekit/0.1.0", agent_reference="nobody")
    (told,) = api.get(PATH).json()["data"]
    assert (told["host"], told["sdk"], told["python"]) == (None, None, None)
    assert told["url"] == f"{settings.BASE_URL}/org/acme/agents"


def test_it_is_narrowed_to_an_agent(
    api: Api, make_worker: MakeWorker, make_agent: MakeAgent
) -> None:
    agent = make_agent(external_id="front-desk")
    alias = make_agent(external_id="frontdesk", merged_into=agent)
    make_worker("own")
    make_worker("merged", agent_reference="frontdesk")
    make_worker("by-id", agent_reference=str(agent.id))
    make_worker("other", agent_reference="billing")
    found = api.get(PATH, agentId=str(agent.id))
    assert hosts(found) == ["by-id", "merged", "own"]
    named = {one["agents"][0]["id"] for one in found.json()["data"]}
    assert named == {str(agent.id)}
    assert api.get(PATH, agentId=str(alias.id)).status_code == 404
    assert api.get(PATH, agentId=str(uuid.UUID(int=7))).status_code == 404


def test_cursors_lead_through_all_once(api: Api, make_worker: MakeWorker) -> None:
    for number in range(7):
        first_at = NOON + timedelta(minutes=number // 3)
        make_worker(f"gpu-{number}", first_at=first_at)
        make_worker(f"gpu-{number}", agent_reference="b", first_at=first_at)
    seen: list[Any] = []
    cursor: dict[str, str] = {}
    while True:
        response = api.get(PATH, limit=2, **cursor)
        seen += hosts(response)
        if response.json()["nextCursor"] is None:
            break
        cursor = {"cursor": response.json()["nextCursor"]}
    assert len(seen) == len(set(seen)) == 7


def test_any_cursor_is_read_or_refused(api: Api, make_worker: MakeWorker) -> None:
    make_worker()
    large = Position(NOON + timedelta(days=1), uuid.UUID(int=2**128 - 1)).cursor
    assert hosts(api.get(PATH, cursor=large)) == ["gpu-7"]
    response = api.get(PATH, cursor="nonsense")
    assert response.status_code == 400
    assert response.json()["errors"][0]["path"] == "cursor"


def test_it_shows_nobody_elses(
    outsider: Api,
    outsiders_tools: Tools,
    make_worker: MakeWorker,
    make_agent: MakeAgent,
) -> None:
    make_worker()
    agent = make_agent(external_id="front-desk")
    assert hosts(outsider.get(PATH)) == []
    assert outsider.get(PATH, agentId=str(agent.id)).status_code == 404
    assert outsiders_tools.call("list_workers")["data"] == []


def test_keys_of_other_scopes(
    reader: Api, poster: Api, stranger: Api, make_worker: MakeWorker
) -> None:
    make_worker()
    assert reader.get(PATH).status_code == 200
    assert poster.get(PATH).status_code == 403
    assert stranger.get(PATH).status_code == 401


@pytest.mark.parametrize("rows", [1, 50])
def test_it_asks_as_little_for_many_as_for_one(
    api: Api,
    make_worker: MakeWorker,
    make_agent: MakeAgent,
    django_assert_num_queries: DjangoAssertNumQueries,
    rows: int,
) -> None:
    for number in range(rows):
        make_agent(external_id=f"agent-of-{number}")
        make_worker(f"gpu-{number}", agent_reference=f"agent-of-{number}")
    api.get(PATH)
    with django_assert_num_queries(6):
        assert len(hosts(api.get(PATH))) == rows


def test_the_tool_gives_the_same(
    tools: Tools, api: Api, make_worker: MakeWorker
) -> None:
    make_worker("gpu-7")
    make_worker("gpu-8")
    told = api.get(PATH).json()["data"]
    assert tools.call("list_workers") == {"data": told, "nextCursor": None}
    one = tools.call("list_workers", limit=1)
    assert one["data"] == told[:1]
    assert tools.call("list_workers", cursor=one["nextCursor"])["data"] == told[1:]


def test_the_tool_keeps_within_the_bounds_of_an_answer(
    tools: Tools, make_worker: MakeWorker
) -> None:
    for number in range(60):
        for agent in range(25):
            make_worker(f"gpu-{number}", agent_reference=f"{agent}" + "x" * 200)
    told = tools.call("list_workers", limit=200)
    assert 0 < len(told["data"]) < 60
    assert len(told["data"][0]["agents"]) == 20
    rest = tools.call("list_workers", limit=200, cursor=told["nextCursor"])
    assert rest["data"][0]["host"] not in {each["host"] for each in told["data"]}
