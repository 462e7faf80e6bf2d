"""`GET /v1/conversations`"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts.models import Organization
from conversations.models import Agent, Conversation
from tests.api.conftest import Api
from tests.conversations.conftest import NOON, MakeAgent, MakeConversation

pytestmark = pytest.mark.django_db
PATH = "/v1/conversations"


def references(response: Any) -> list[str]:
    assert response.status_code == 200, response.content
    return [each["referenceId"] for each in response.json()["data"]]


def test_it_lists_the_newest_first_as_one_alone_is_told(
    api: Api, make_conversation: MakeConversation
) -> None:
    for number in range(3):
        make_conversation(
            external_id=f"call-{number}",
            metadata={"campaign": "spring"},
            recording_url="https://recordings.example.com/1.ogg",
        )
    response = api.get(PATH)
    assert references(response) == ["call-2", "call-1", "call-0"]
    first = response.json()["data"][0]
    assert first == api.get(f"{PATH}/{first['id']}").json()


@pytest.fixture
def kept(
    make_agent: MakeAgent,
    make_conversation: MakeConversation,
    make_findable: Callable[[], None],
) -> Agent:
    """a to d, a day apart; d is of the agent that is given."""
    front, night = make_agent(), make_agent()
    make_conversation(
        agent=front,
        external_id="a",
        ended_reason="hangup",
        version="v1",
        created_at=NOON,
        turns=[{"role": "user", "content": "Where is my missing order?"}],
    )
    make_conversation(
        agent=front,
        external_id="b",
        provider="zelto",
        version="v2",
        created_at=NOON + timedelta(days=1),
        metadata={"campaign": "spring", "paid": True, "n": 5},
        turns=[],
    )
    make_conversation(
        agent=front,
        external_id="c",
        has_audio=True,
        outcome="fail",
        is_test=True,
        version="v2",
        customer_name="Ada Lovelace",
        customer_number="+15550100",
        created_at=NOON + timedelta(days=2),
        metadata={
            "campaign": "fall",
            "a.b": "dotted",
            "tags": ["lk.fail", "vip"],
            "evaluations": [
                {"name": "tone", "verdict": "pass"},
                {"name": "accuracy", "verdict": "fail"},
            ],
        },
    )
    make_conversation(agent=night, external_id="d", created_at=NOON + timedelta(days=3))
    make_findable()
    return night


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"provider": "zelto"}, "b"),
        ({"provider": "livekit"}, "dca"),
        ({"provider": "upload"}, ""),
        ({"endedReason": "hangup"}, "a"),
        ({"endedReason": "hang"}, ""),
        ({"hasTranscript": "true"}, "a"),
        ({"hasTranscript": "false"}, "dcb"),
        ({"hasAudio": "true"}, "c"),
        ({"hasAudio": "false"}, "dba"),
        ({"version": "v2"}, "cb"),
        ({"outcome": "fail"}, "c"),
        ({"outcome": "success"}, ""),
        ({"isTest": "true"}, "c"),
        ({"isTest": "false"}, "dba"),
        ({"tag": "vip"}, "c"),
        ({"tag": "vi"}, ""),
        ({"judge": "tone"}, "c"),
        ({"judge": "tone", "verdict": "fail"}, ""),
        ({"judge": "accuracy", "verdict": "fail"}, "c"),
        ({"verdict": "fail"}, "c"),
        ({"referenceId": "b"}, "b"),
        ({"referenceId": "B"}, ""),
        ({"from": "2026-11-23"}, "dcb"),
        ({"from": "2026-11-23T12:00:00Z"}, "dcb"),
        ({"from": "2026-11-23T12:00:01Z"}, "dc"),
        ({"to": "2026-11-23T12:00:00Z"}, "a"),
        ({"from": "2026-11-23", "to": "2026-11-24"}, "b"),
        ({"metadata.campaign": "spring"}, "b"),
        ({"metadata.paid": "true"}, "b"),
        ({"metadata.n": "5"}, "b"),
        ({"metadata.a.b": "dotted"}, "c"),
        ({"metadata.campaign": "spring", "metadata.n": "6"}, ""),
        ({"metadata.campaign": "Spring"}, ""),
        ({"q": "missing order"}, "a"),
        ({"q": "order miss"}, "a"),
        ({"q": "lovel"}, "c"),
        ({"q": "0100"}, "c"),
        ({"q": "missing nothing"}, ""),
        ({"q": "!!!"}, ""),
        ({"q": "missing", "version": "v1", "provider": "livekit"}, "a"),
    ],
)
def test_it_narrows(
    api: Api, kept: Agent, filters: dict[str, str], expected: str
) -> None:
    assert references(api.get(PATH, **filters)) == list(expected)


def test_it_narrows_to_an_agent(api: Api, kept: Agent) -> None:
    assert references(api.get(PATH, agentId=str(kept.id))) == ["d"]
    assert references(api.get(PATH, agentId=str(uuid.uuid4()))) == []


def test_what_is_not_findable_yet_is_found_by_all_but_its_words(
    api: Api, make_conversation: MakeConversation
) -> None:
    make_conversation(
        external_id="new",
        version="v9",
        turns=[{"role": "user", "content": "Hello there"}],
    )
    assert references(api.get(PATH, version="v9")) == ["new"]
    assert references(api.get(PATH, q="hello")) == []


def test_a_date_begins_at_midnight_in_the_organizations_zone(
    api: Api, organization: Organization, make_conversation: MakeConversation
) -> None:
    organization.time_zone = "Asia/Tokyo"
    organization.save()
    for hours in (2, 4):  # 23:00 and 01:00 in Tokyo
        at = NOON + timedelta(hours=hours)
        make_conversation(external_id=str(hours), created_at=at)
    assert references(api.get(PATH, **{"from": "2026-11-23"})) == ["4"]
    assert references(api.get(PATH, to="2026-11-23")) == ["2"]


@pytest.mark.parametrize(
    ("name", "value", "at"),
    [
        ("agentId", "abc", "agentId"),
        ("provider", "vapi", "provider"),
        ("provider", "", "provider"),
        ("hasTranscript", "1", "hasTranscript"),
        ("hasAudio", "", "hasAudio"),
        ("version", "", "version"),
        ("endedReason", "x" * 256, "endedReason"),
        ("referenceId", "a\x00", "referenceId"),
        ("from", "soon", "from"),
        ("to", "2026-13-01", "to"),
        ("q", "", "q"),
        ("q", "x" * 256, "q"),
        ("q", "\x00", "q"),
        ("metadata", "spring", "metadata"),
        ("metadata.", "spring", "metadata."),
        ("metadata.campaign", "", "metadata.campaign"),
        ("metadata.a\x00", "x", "metadata.a\ufffd"),
        ("Provider", "zelto", "Provider"),
        ("cursor", "x", "cursor"),
        ("limit", "201", "limit"),
    ],
)
def test_a_strange_filter_is_named(api: Api, name: str, value: str, at: str) -> None:
    response = api.get(PATH, **{name: value})
    assert response.status_code == 400
    assert [each["path"] for each in response.json()["errors"]] == [at]


def test_there_may_be_ten_keys_of_metadata(api: Api) -> None:
    keys = {f"metadata.key-{number}": "x" for number in range(11)}
    response = api.get(PATH, **keys)
    assert response.status_code == 400
    assert response.json()["detail"] == "metadata has too many entries."
    del keys["metadata.key-0"]
    assert api.get(PATH, **keys).status_code == 200


def walk(
    api: Api, limit: int, meanwhile: Callable[[], object], **filters: str
) -> list[str]:
    """All pages, one after the other; something happens between each two."""
    seen: list[str] = []
    parameters: dict[str, Any] = {"limit": limit, **filters}
    while True:
        body = api.get(PATH, **parameters).json()
        seen += [each["referenceId"] for each in body["data"]]
        if body["nextCursor"] is None:
            return seen
        parameters["cursor"] = body["nextCursor"]
        meanwhile()


@pytest.mark.parametrize("filters", [{}, {"version": "old"}, {"provider": "livekit"}])
def test_each_old_row_is_there_once_while_rows_arrive(
    api: Api, make_conversation: MakeConversation, filters: dict[str, str]
) -> None:
    # Three to a moment, so that ids decide between them.
    old = [
        make_conversation(
            external_id=f"old-{number}",
            version="old",
            created_at=NOON + timedelta(seconds=number // 3),
        )
        for number in range(100)
    ]

    def arrive() -> None:
        for _ in range(5):
            make_conversation(created_at=NOON + timedelta(days=1))

    seen = walk(api, 7, arrive, **filters)
    in_order = sorted(old, key=lambda row: (row.created_at, row.id), reverse=True)
    assert seen == [row.external_id for row in in_order]


def test_it_shows_nobody_elses(
    outsider: Api, make_conversation: MakeConversation
) -> None:
    conversation = make_conversation()
    assert references(outsider.get(PATH)) == []
    agent_id = str(conversation.agent_id)
    assert references(outsider.get(PATH, agentId=agent_id)) == []
    assert references(outsider.get(PATH, q=conversation.external_id)) == []


def test_a_key_of_the_scope_read_may_read(
    reader: Api, make_conversation: MakeConversation
) -> None:
    make_conversation(external_id="a")
    assert references(reader.get(PATH)) == ["a"]


@pytest.mark.parametrize("rows", [1, 60])
@pytest.mark.parametrize(
    ("filters", "queries"),
    [({}, 3), ({"referenceId": "a"}, 3), ({"version": "v1"}, 4)],
)
def test_it_asks_as_little_for_many_as_for_one(
    api: Api,
    make_agent: MakeAgent,
    make_conversation: MakeConversation,
    django_assert_num_queries: DjangoAssertNumQueries,
    rows: int,
    filters: dict[str, str],
    queries: int,
) -> None:
    for _ in range(rows):
        make_conversation(
            agent=make_agent(), version="v1", metadata={"a": "b"}, turns=[]
        )
    Conversation.objects.update(recording_url="https://example.com/a.ogg")
    api.get(PATH)
    with django_assert_num_queries(queries):
        api.get(PATH, limit=200, **filters)
