"""What each tool gives, and what it says to a call that goes wrong."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.models import Organization
from conversations.models import Conversation
from integrations.help.pages import PATHS
from tests.api.conftest import Api, MakeDelivery, Tools
from tests.conversations.conftest import MakeAgent, MakeConversation

pytestmark = pytest.mark.django_db


def url(path: str) -> str:
    return f"{settings.BASE_URL}/org/acme/{path}"


def test_every_tool_says_what_it_does_and_only_reads(tools: Tools) -> None:
    for tool in tools.definitions.values():
        assert len(tool["description"]) > 60
        assert tool["title"]
        assert tool["annotations"]["readOnlyHint"]
        assert "additionalProperties" not in tool["inputSchema"]
        for name, argument in tool["inputSchema"]["properties"].items():
            assert argument.get("description"), f"{tool['name']}.{name}"
    # Each session of a model reads all of them.
    assert len(json.dumps(list(tools.definitions.values()))) < 49_000


def test_health_says_whose_key_it_is(tools: Tools, organization: Organization) -> None:
    assert tools.call("health") == {
        "organization": "Acme",
        "slug": "acme",
        "timeZone": "UTC",
        "version": settings.VERSION,
        "keyName": "livekit-prod-worker",
        "keyScope": "full",
        "url": url("conversations"),
    }


def test_agents_are_those_of_rest_with_their_pages(
    tools: Tools, api: Api, make_conversation: MakeConversation
) -> None:
    agent = make_conversation(turns=[], system_prompt="Be kind.").agent
    told = api.get(f"/v1/agents/{agent.id}").json()
    expected = told | {"url": url(f"agents/{agent.id}")}
    assert tools.call("get_agent", agentId=str(agent.id)) == expected
    listed = tools.call("list_agents")
    assert listed == {"data": [expected], "nextCursor": None}


def test_conversations_are_those_of_rest_with_their_pages(
    tools: Tools, api: Api, make_conversation: MakeConversation
) -> None:
    conversation = make_conversation(metadata={"a": [1, {"b": None}]}, turns=[])
    make_conversation(provider="zelto")
    told = api.get(f"/v1/conversations/{conversation.id}").json()
    expected = told | {"url": url(f"conversations/{conversation.id}")}
    one = tools.call("get_conversation", conversationId=str(conversation.id))
    assert one == expected
    listed = tools.call("list_conversations", provider="livekit", limit=5)
    assert listed == {"data": [expected], "nextCursor": None}


def test_the_filters_are_those_of_rest(
    tools: Tools, make_conversation: MakeConversation, make_findable: Any
) -> None:
    conversation = make_conversation(
        metadata={"campaign": "spring", "n": 5},
        version="v1",
        turns=[{"role": "user", "content": "Where is my order?"}],
    )
    make_conversation(version="v1")
    make_findable()
    found = tools.call(
        "list_conversations",
        agentId=str(conversation.agent_id),
        metadata={"campaign": "spring", "n": 5},
        version="v1",
        hasTranscript=True,
        from_="2026-11-22",
        to_="2026-11-23T00:00:00Z",
        q="order",
        cursor=None,
    )
    assert [each["id"] for each in found["data"]] == [str(conversation.id)]


def test_a_transcript_is_that_of_rest_with_its_page(
    tools: Tools, api: Api, make_conversation: MakeConversation
) -> None:
    turns = [
        {"role": "user", "content": "Hi", "startSeconds": 0.5},
        {"role": "tool", "content": "", "kind": "call", "arguments": {"id": 5}},
    ]
    conversation = make_conversation(turns=turns, system_prompt="Be kind.")
    told = api.get(f"/v1/conversations/{conversation.id}/transcript").json()
    assert tools.call("get_transcript", conversationId=str(conversation.id)) == {
        **told,
        "searchedCharacters": None,
        "nextCursor": None,
        "url": url(f"conversations/{conversation.id}"),
    }


@pytest.mark.parametrize("turns", [None, []])
def test_no_transcript_is_null_and_a_silent_one_is_empty(
    tools: Tools, make_conversation: MakeConversation, turns: list[Any] | None
) -> None:
    conversation = make_conversation(turns=turns)
    told = tools.call("get_transcript", conversationId=str(conversation.id))
    assert told["content"] == turns


def test_a_search_shows_where_the_words_are(
    tools: Tools,
    make_conversation: MakeConversation,
    make_findable: Callable[[], None],
) -> None:
    conversation = make_conversation(
        customer_name="Ada Lovelace",
        turns=[
            {"role": "assistant", "content": "Hi."},
            {"role": "user", "content": "well " * 60 + "my Órder is late" + " so" * 99},
            {"role": "user", "content": "It is late."},
        ],
    )
    make_conversation(turns=[{"role": "user", "content": "Nothing of it."}])
    make_findable()
    (found,) = tools.call("search_transcripts", q="order late")["data"]
    first, second = found["matches"]
    assert (first["turn"], second["turn"]) == (1, 2)
    assert "late" in first["text"]
    assert len(first["text"]) < 300
    assert found["url"] == url(f"conversations/{conversation.id}")
    (by_name,) = tools.call("search_transcripts", q="lovelace")["data"]
    assert by_name["matches"] == []


def test_a_search_shows_what_was_found_however_it_is_written(
    tools: Tools,
    api: Api,
    make_conversation: MakeConversation,
    make_findable: Callable[[], None],
) -> None:
    said = {
        "020 7946 0958": "ring me on +44 20 7946 0958",
        "lodz": "w Łodzi, Łódź",
        "예약 취소": "예약을 취소하고 싶어요",
        "1299": "that was $1,299.50",
    }
    rows = {
        asked: make_conversation(turns=[{"role": "user", "content": text}])
        for asked, text in said.items()
    }
    make_findable()
    for asked, row in rows.items():
        (found,) = tools.call("search_transcripts", q=asked)["data"]
        assert found["conversationId"] == str(row.id)
        (match,) = found["matches"]
        assert match["text"] == said[asked]
        (listed,) = api.get("/v1/conversations", q=asked).json()["data"]
        assert listed["id"] == str(row.id)


def test_a_search_reads_people_before_the_long_results_of_tools(
    tools: Tools,
    make_conversation: MakeConversation,
    make_findable: Callable[[], None],
) -> None:
    make_conversation(
        turns=[
            {"role": "tool", "content": "row of a table " * 20_000},
            {"role": "tool", "content": "subscription " * 20_000},
            {"role": "user", "content": "cancel my subscription"},
        ]
    )
    make_findable()
    (found,) = tools.call("search_transcripts", q="cancel subscription")["data"]
    assert [match["turn"] for match in found["matches"]] == [1, 2]


def test_a_search_asks_as_little_for_many_as_for_one(
    tools: Tools,
    make_conversation: MakeConversation,
    make_findable: Callable[[], None],
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for _ in range(20):
        make_conversation(turns=[{"role": "user", "content": "Where is it?"}])
    make_findable()
    with django_assert_max_num_queries(8):
        found = tools.call("search_transcripts", q="where", limit=20)
    assert len(found["data"]) == 20


def test_deliveries_are_those_of_rest_with_their_pages(
    tools: Tools, api: Api, make_delivery: MakeDelivery
) -> None:
    make_delivery()
    row = make_delivery(
        outcome="rejected",
        reason="call.externalId is required.",
        errors=[{"path": "call.externalId", "detail": "is required"}],
    )
    told = api.get("/v1/deliveries", outcome="rejected").json()["data"][0]
    expected = told | {"url": url(f"deliveries/{row.uuid}")}
    listed = tools.call("list_deliveries", outcome="rejected", status=422)
    assert listed == {"data": [expected], "nextCursor": None}


def test_the_status_says_what_was_refused_and_what_to_do(
    tools: Tools,
    make_delivery: MakeDelivery,
    make_agent: MakeAgent,
    full_key: Any,
) -> None:
    agent = make_agent(external_id="front", name="Front desk")
    make_delivery(
        key=full_key[0],
        outcome="rejected",
        agent_reference="front",
        received_at=timezone.now(),
        reason="call.externalId is required.",
    )
    told = tools.call("get_connection_status", agentId=str(agent.id))
    livekit, other = told["providers"]
    assert (livekit["provider"], other["provider"]) == ("livekit", "zelto")
    assert livekit["state"] == "waiting"
    assert livekit["hasKey"] is True
    assert livekit["refused"]["count"] == 1
    assert livekit["refused"]["newest"]["reason"] == "call.externalId is required."
    assert livekit["refused"]["action"]
    assert livekit["url"] == url("settings/integrations/livekit")
    assert told["agent"]["name"] == "Front desk"
    assert told["agent"]["state"] == "failing"
    assert told["agent"]["url"] == url(f"agents/{agent.id}")


def test_the_status_of_who_has_nothing(tools: Tools, make_agent: MakeAgent) -> None:
    told = tools.call("get_connection_status")
    assert told["agent"] is None
    assert [each["refused"] for each in told["providers"]] == [None, None]
    new = tools.call("get_connection_status", agentId=str(make_agent().id))
    assert new["agent"]["state"] == "new"


def test_the_help_is_read_page_by_page(tools: Tools) -> None:
    listed = tools.call("read_docs")
    assert [each["path"] for each in listed["pages"]] == list(PATHS)
    assert listed["markdown"] is None
    for path in PATHS:
        told = tools.call("read_docs", path=path)
        assert told["markdown"].startswith("# ")
        assert told["pages"][0]["url"] == f"{settings.BASE_URL}/help/{path}"
    assert f"{settings.BASE_URL}/org/acme" in json.dumps(
        [tools.call("read_docs", path=path)["markdown"] for path in PATHS]
    )


@pytest.mark.parametrize(
    ("tool", "name", "advice"),
    [
        ("get_agent", "agentId", "list_agents gives the ids"),
        ("get_conversation", "conversationId", "list_conversations and search"),
        ("get_transcript", "conversationId", "list_conversations and search"),
        ("get_connection_status", "agentId", "list_agents gives the ids"),
    ],
)
def test_an_unknown_id_says_where_there_are_known_ones(
    tools: Tools, tool: str, name: str, advice: str
) -> None:
    said = tools.refusal(tool, **{name: str(uuid.uuid4())})
    assert said.startswith("There is no ")
    assert advice in said


def test_an_unknown_page_of_the_help_says_where_there_are_known_ones(
    tools: Tools,
) -> None:
    assert "read_docs without a path" in tools.refusal("read_docs", path="../etc")


@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        ("list_agents", {"limit": 0}, "limit must be a whole number from 1 to 200"),
        ("list_agents", {"limit": "many"}, "limit must be"),
        ("list_agents", {"cursor": "x"}, "begin again without it"),
        (
            "list_agents",
            {"limit": 201},
            "got 201. Arguments of this tool: limit, cursor.",
        ),
        ("get_agent", {}, "agentId is required"),
        ("get_agent", {"agentId": "front"}, "agentId must be a UUID"),
        ("get_agent", {"agentId": 5}, "agentId must be a UUID"),
        ("list_conversations", {"provider": "vapi"}, "one of zelto, livekit, upload"),
        ("list_conversations", {"hasAudio": "yes"}, "hasAudio must be true or false"),
        ("list_conversations", {"hasAudio": []}, "hasAudio must be true or false"),
        ("list_conversations", {"metadata": "x"}, "metadata must be keys and values"),
        ("list_conversations", {"metadata": {"a": {}}}, "metadata.a must be a text"),
        ("list_conversations", {"q": "a\x00"}, "q must not contain NUL"),
        ("list_conversations", {"from": {}}, "from must be a time"),
        ("list_deliveries", {"status": 500}, "status must be one of 200"),
        ("list_deliveries", {"status": {}}, "status must be one of 200"),
        ("search_transcripts", {}, "q is required"),
        ("read_docs", {"path": "statuses", "cursor": "999999"}, "begin again"),
    ],
)
def test_a_call_that_does_not_fit_says_what_would(
    tools: Tools, tool: str, arguments: dict[str, Any], words: str
) -> None:
    assert words in tools.refusal(tool, **arguments)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (RuntimeError("zelto_ must not be told"), "log has it under the request id "),
        (OperationalError("server closed the connection"), "again in a moment"),
    ],
)
def test_a_fault_of_ours_says_what_to_do(
    tools: Tools, monkeypatch: pytest.MonkeyPatch, fault: Exception, words: str
) -> None:
    def fail(*_: object) -> None:
        raise fault

    monkeypatch.setattr("api.mcp.status.page", fail)
    said = tools.refusal("health")
    assert words in said
    assert str(fault) not in said


def test_it_tells_nobody_elses(
    outsiders_tools: Tools,
    make_conversation: MakeConversation,
    make_delivery: MakeDelivery,
    make_findable: Callable[[], None],
) -> None:
    turns = [{"role": "user", "content": "Where is my order?"}]
    conversation: Conversation = make_conversation(turns=turns)
    make_delivery()
    make_findable()
    for name in ("list_agents", "list_conversations", "list_deliveries"):
        assert outsiders_tools.call(name)["data"] == []
    assert outsiders_tools.call("search_transcripts", q="order")["data"] == []
    for tool, name, id in (
        ("get_agent", "agentId", conversation.agent_id),
        ("get_conversation", "conversationId", conversation.id),
        ("get_transcript", "conversationId", conversation.id),
        ("get_connection_status", "agentId", conversation.agent_id),
    ):
        assert "There is no" in outsiders_tools.refusal(tool, **{name: str(id)})
