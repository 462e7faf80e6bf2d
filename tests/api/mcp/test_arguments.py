"""Arguments as clients and models write them, in the shapes in which they were seen."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from accounts.models import ApiKey
from tests.api.conftest import MakeDelivery, Tools
from tests.conversations.conftest import MakeConversation

pytestmark = pytest.mark.django_db

# What n8n's MCP Client Tool adds to the arguments of its agent (1.119 to 1.122).
OF_N8N = {
    "toolCallId": "call_0BCIShth4lxZuYr4coSp4E5E",
    "tool": "list_agents",
    "sessionId": "0b1c6c1b6f2c4a0d",
    "action": "sendMessage",
    "chatInput": "Which agents are there?",
}


def found(tools: Tools, tool: str, /, **arguments: Any) -> int:
    """Return how many rows a list gives."""
    return len(tools.call(tool, **arguments)["data"])


def test_every_tool_ignores_the_arguments_of_a_client(
    tools: Tools, make_conversation: MakeConversation
) -> None:
    conversation = make_conversation()
    own = {
        "agentId": str(conversation.agent_id),
        "conversationId": str(conversation.id),
        "q": "words",
    }
    for name, tool in tools.definitions.items():
        needed = tool["inputSchema"].get("required", [])
        tools.call(name, **OF_N8N, **{each: own[each] for each in needed})


@pytest.mark.parametrize("empty", ["", "  ", None])
def test_an_empty_argument_of_every_tool_is_absent(
    tools: Tools, make_conversation: MakeConversation, empty: str | None
) -> None:
    conversation = make_conversation()
    own = {
        "agentId": str(conversation.agent_id),
        "conversationId": str(conversation.id),
        "q": "words",
    }
    for name, tool in tools.definitions.items():
        takes = tool["inputSchema"]
        needed = takes.get("required", [])
        tools.call(
            name,
            **dict.fromkeys(takes["properties"], empty)
            | {each: own[each] for each in needed},
        )


@pytest.mark.parametrize("empty", ["", " ", None])
def test_an_argument_that_is_needed_and_empty_is_missing(
    tools: Tools, empty: str | None
) -> None:
    assert "q is required" in tools.refusal("search_transcripts", q=empty)
    assert "agentId is required" in tools.refusal("get_agent", agentId=empty)


@pytest.mark.parametrize("limit", [2, 2.0, "2", "2.0", " 2 "])
def test_a_whole_number_is_whole_however_it_is_written(
    tools: Tools, make_conversation: MakeConversation, limit: Any
) -> None:
    for _ in range(3):
        make_conversation()
    assert found(tools, "list_conversations", limit=limit, cursor="") == 2


@pytest.mark.parametrize("limit", [2.5, "2.5", "two", True, "1e1", -1.0, 1e300, "0"])
def test_another_number_still_is_refused(tools: Tools, limit: Any) -> None:
    assert "limit must be a whole number" in tools.refusal("list_agents", limit=limit)


@pytest.mark.parametrize("status", [422, 422.0, "422", "422.0"])
def test_a_status_is_one_of_its_numbers(
    tools: Tools, make_delivery: MakeDelivery, status: Any
) -> None:
    make_delivery()
    make_delivery(outcome="rejected", reason="call.externalId is required.")
    assert found(tools, "list_deliveries", status=status) == 1


@pytest.mark.parametrize("yes", [True, "true", "True", "TRUE", " true "])
def test_a_boolean_may_come_as_its_word(
    tools: Tools, make_conversation: MakeConversation, yes: Any
) -> None:
    make_conversation([{"role": "user", "content": "Hi"}])
    make_conversation(turns=None)
    assert found(tools, "list_conversations", hasTranscript=yes) == 1


@pytest.mark.parametrize(
    "moment",
    ["2020-09-13", "2020-09-13T12:26:40Z", 1600000000, 1600000000.0, "1600000000"],
)
def test_a_time_may_come_as_a_date_a_time_or_a_number(
    tools: Tools, make_conversation: MakeConversation, moment: Any
) -> None:
    make_conversation()
    assert found(tools, "list_conversations", from_=moment) == 1
    assert found(tools, "list_conversations", to_=moment) == 0


def test_a_word_may_come_in_capitals(
    tools: Tools, make_conversation: MakeConversation
) -> None:
    make_conversation(provider="livekit")
    make_conversation(provider="zelto")
    assert found(tools, "list_conversations", provider="LiveKit") == 1


def test_an_id_may_come_in_capitals_and_with_spaces(
    tools: Tools, make_conversation: MakeConversation
) -> None:
    conversation = make_conversation()
    written = f" {str(conversation.id).upper()}\n"
    told = tools.call("get_conversation", conversationId=written)
    assert told["id"] == str(conversation.id)


@pytest.mark.parametrize(
    ("number", "text"), [(4711, "4711"), (4711.0, "4711"), (4.5, "4.5")]
)
def test_a_number_in_place_of_a_text_is_its_text(
    tools: Tools, make_conversation: MakeConversation, number: float, text: str
) -> None:
    make_conversation(external_id=text, version=text, metadata={"order": text})
    make_conversation()
    for argument in (
        {"referenceId": number},
        {"version": number},
        {"metadata": {"order": number}},
    ):
        assert found(tools, "list_conversations", **argument) == 1, argument


def test_a_place_in_a_transcript_may_come_as_a_number(
    tools: Tools, make_conversation: MakeConversation
) -> None:
    turns = [{"role": "user", "content": f"{number} " * 900} for number in range(40)]
    conversation = make_conversation(turns=turns)
    first = tools.call("get_transcript", conversationId=str(conversation.id))
    assert first["nextCursor"]
    rest = tools.call(
        "get_transcript",
        conversationId=str(conversation.id),
        cursor=int(first["nextCursor"]),
    )
    told = first["content"] + rest["content"]
    assert len(told) > len(first["content"])
    assert told == turns[: len(told)]


@pytest.mark.parametrize(
    "metadata",
    [
        {"campaign": "spring"},
        {"campaign": "spring", "room": None, "floor": ""},
        '{"campaign": "spring"}',
        ["campaign=spring"],
        ["campaign = spring"],
        "campaign=spring",
    ],
)
def test_keys_of_the_metadata_may_come_in_several_shapes(
    tools: Tools, make_conversation: MakeConversation, metadata: Any
) -> None:
    make_conversation(metadata={"campaign": "spring"})
    make_conversation(metadata={"campaign": "autumn"})
    assert found(tools, "list_conversations", metadata=metadata) == 1


def test_keys_of_the_metadata_may_come_as_in_an_address(
    tools: Tools, make_conversation: MakeConversation
) -> None:
    make_conversation(metadata={"campaign": "spring"})
    make_conversation(metadata={"campaign": "autumn"})
    assert found(tools, "list_conversations", **{"metadata.campaign": "spring"}) == 1


@pytest.mark.parametrize("metadata", [[], {}, "{}", "", None])
def test_no_keys_of_the_metadata_are_no_filter(
    tools: Tools, make_conversation: MakeConversation, metadata: Any
) -> None:
    make_conversation(metadata={"campaign": "spring"})
    assert found(tools, "list_conversations", metadata=metadata) == 1


@pytest.mark.parametrize("name", ["agent_id", "agentid", "AgentId", "agent-id"])
def test_another_spelling_of_a_filter_still_filters(
    tools: Tools, make_conversation: MakeConversation, name: str
) -> None:
    """Ignored as unknown, it would show the conversations of all agents."""
    make_conversation()
    assert found(tools, "list_conversations", **{name: str(uuid.uuid4())}) == 0


def test_the_exact_name_of_an_argument_goes_first(
    tools: Tools, make_conversation: MakeConversation
) -> None:
    conversation = make_conversation()
    arguments = {
        "agentId": str(conversation.agent_id),
        "agent_id": str(uuid.uuid4()),
    }
    assert found(tools, "list_conversations", **arguments) == 1


def test_the_same_in_an_address_of_rest_stays_strict(
    full_key: tuple[ApiKey, str], api: Any
) -> None:
    for query in ({"toolCallId": "x"}, {"cursor": ""}, {"agent_id": "x"}):
        assert api.get("/v1/conversations", **query).status_code == 400
