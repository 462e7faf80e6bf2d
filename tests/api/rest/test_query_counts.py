"""How often each change and each tool asks the database; the readers of `/v1` say so
each in its own file. The first request of a test notes the use of the key."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from conversations.models import Conversation
from integrations.processing.worker import process_batch
from tests.api.conftest import Api, MakeDelivery, Tools
from tests.conversations.conftest import MakeConversation

ROWS = 12


@pytest.mark.django_db
def test_a_change_of_an_agent(
    api: Api,
    make_conversation: MakeConversation,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    path = f"/v1/agents/{make_conversation(turns=[]).agent_id}"
    api.get(path)
    with django_assert_num_queries(11):
        assert api.patch(path, {"name": "Night desk"}).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_erasing_a_conversation_of_many_deliveries(
    api: Api,
    make_conversation: MakeConversation,
    make_delivery: MakeDelivery,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    conversation = make_conversation(turns=[])
    for _ in range(ROWS):
        make_delivery(external_id=conversation.external_id, conversation=conversation)
    path = f"/v1/conversations/{conversation.id}"
    api.get(path)
    with django_assert_num_queries(26):
        assert api.delete(path).status_code == 204


@pytest.mark.django_db(transaction=True)
def test_replaying_one_of_many_deliveries(
    api: Api,
    make_delivery: MakeDelivery,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    session = {
        "call": {"externalId": "call-1"},
        "agent": {"externalId": "front"},
        "transcript": {"turns": []},
    }
    for _ in range(ROWS):
        row = make_delivery(
            outcome="accepted",
            external_id="call-1",
            body=json.dumps(session).encode(),
        )
    while process_batch():
        pass
    assert Conversation.objects.count() == 1
    api.get("/v1/deliveries")
    with django_assert_num_queries(19):
        assert api.post(f"/v1/deliveries/{row.uuid}/replay").status_code == 202


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("tool", "queries"),
    [
        ("health", 4),
        ("list_agents", 6),
        ("get_agent", 6),
        ("list_conversations", 5),
        ("get_conversation", 5),
        ("get_transcript", 5),
        ("search_transcripts", 7),
        ("list_deliveries", 5),
        ("list_expected_sessions", 5),
        # Also whether an owner made the key: who may see issues of the instance.
        ("list_issues", 6),
        ("list_workers", 5),
        ("get_connection_status", 29),
        ("read_docs", 4),
    ],
)
def test_a_tool(
    tools: Tools,
    make_conversation: MakeConversation,
    make_delivery: MakeDelivery,
    make_findable: Callable[[], None],
    django_assert_num_queries: DjangoAssertNumQueries,
    tool: str,
    queries: int,
) -> None:
    turns: list[dict[str, Any]] = [{"role": "user", "content": "Where is it?"}]
    for _ in range(ROWS):
        # Of this week, whenever this runs: what is older is read otherwise.
        conversation = make_conversation(
            turns=turns, created_at=timezone.now() - timedelta(days=3)
        )
        make_delivery(outcome="rejected")
    make_findable()
    ids = {
        "agentId": str(conversation.agent_id),
        "conversationId": str(conversation.id),
        "q": "where",
        "path": "statuses",
    }
    takes = tools.definitions[tool]["inputSchema"].get("required", [])
    if tool in {"read_docs", "get_connection_status"}:
        takes = ["path" if tool == "read_docs" else "agentId"]
    arguments = {name: ids[name] for name in takes}
    tools.call(tool, **arguments)
    with django_assert_num_queries(queries):
        tools.call(tool, **arguments)


def test_every_tool_is_here(tools: Tools) -> None:
    (marker,) = (
        each
        for each in test_a_tool.pytestmark  # type: ignore[attr-defined]
        if each.name == "parametrize"
    )
    assert {name for name, _ in marker.args[1]} == tools.definitions.keys()
