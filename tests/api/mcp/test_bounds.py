"""However much there is, an answer stays within bounds, and its cursor leads on."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from api.mcp.bounds import MAX_OUTPUT_CHARACTERS
from api.mcp.search import ROWS_AT_ONCE
from conversations.models import Conversation
from tests.api.conftest import MakeDelivery, Tools
from tests.conversations.conftest import MakeAgent, MakeConversation

pytestmark = pytest.mark.django_db
MEGABYTE = 1024 * 1024
# One row more than fits, and its frame.
MOST = MAX_OUTPUT_CHARACTERS + 22_000


def all_of(tools: Tools, tool: str, of: str = "data", **arguments: Any) -> list[Any]:
    seen: list[Any] = []
    while True:
        part = tools.call(tool, **arguments)
        assert len(json.dumps(part, ensure_ascii=False)) < MOST
        seen += part[of]
        if part["nextCursor"] is None:
            return seen
        assert part[of]
        arguments["cursor"] = part["nextCursor"]


def test_long_rows_come_in_more_parts(
    tools: Tools, make_conversation: MakeConversation
) -> None:
    rows = [
        make_conversation(
            metadata={f"key-{number}": "x" * 900 for number in range(200)},
            recording_url=f"https://example.com/{'x' * 4000}",
            external_id=f"{number:03}" + "x" * 252,
        )
        for number in range(30)
    ]
    told = all_of(tools, "list_conversations", limit=200)
    assert [each["id"] for each in told] == [str(row.id) for row in reversed(rows)]
    assert told[0]["metadata"]["…"] == "198 more keys; REST gives all of them."


def test_long_prompts_are_cut(
    tools: Tools, make_agent: MakeAgent, make_conversation: MakeConversation
) -> None:
    agents = [make_agent() for _ in range(60)]
    for agent in agents:
        make_conversation(agent=agent, turns=[], system_prompt="be kind " * 12_000)
    told = all_of(tools, "list_agents", limit=200)
    assert len(told) == 60
    assert told[0]["systemPrompt"].endswith("… (95,500 more characters)")
    one = tools.call("get_agent", agentId=str(agents[0].id))
    assert len(one["systemPrompt"]) < 13_000


def test_a_long_transcript_comes_in_parts(
    tools: Tools, make_conversation: MakeConversation
) -> None:
    turns = [
        {"role": "user", "content": f"turn {number} " + "word " * (number % 90)}
        for number in range(1_500)
    ]
    conversation = make_conversation(turns=turns, system_prompt="be kind " * 5_000)
    told = all_of(
        tools, "get_transcript", "content", conversationId=str(conversation.id)
    )
    assert told == turns


def test_a_monstrous_turn_is_cut(
    tools: Tools, make_conversation: MakeConversation
) -> None:
    turn = {
        "role": "tool",
        "content": "x" * 1_000_000,
        "arguments": "y" * 1_000_000,
        "metrics": {"z" * 1_000: "z" * 1_000_000},
        "kind": "call",
    }
    conversation = make_conversation(turns=[turn] * 30)
    told = all_of(
        tools, "get_transcript", "content", conversationId=str(conversation.id)
    )
    assert len(told) == 30
    assert told[0]["kind"] == "call"
    assert "more characters" in told[0]["content"]


def test_a_place_behind_the_end_is_none(
    tools: Tools, make_conversation: MakeConversation
) -> None:
    conversation = make_conversation(turns=[{"role": "user", "content": "Hi"}])
    id = str(conversation.id)
    for cursor in ("1", "x", "-1", "٣", "9999999"):
        said = tools.refusal("get_transcript", conversationId=id, cursor=cursor)
        assert "begin again without it" in said


def test_many_faults_are_counted(tools: Tools, make_delivery: MakeDelivery) -> None:
    faults = [{"path": f"turns[{n}].role", "detail": "x" * 900} for n in range(100)]
    for _ in range(20):
        make_delivery(
            outcome="rejected", errors=faults, warnings=faults, reason="y" * 5_000
        )
    told = all_of(tools, "list_deliveries", limit=200)
    assert len(told) == 20
    assert told[0]["errors"][-1] == {"path": "…", "detail": "and 90 more"}


def test_a_long_page_of_the_help_comes_in_parts(
    tools: Tools, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = tools.call("read_docs", path="statuses")["markdown"]
    monkeypatch.setattr("api.mcp.docs.MAX_OUTPUT_CHARACTERS", 100)
    text, cursor = "", None
    while True:
        part = tools.call("read_docs", path="statuses", cursor=cursor)
        text += part["markdown"]
        cursor = part["nextCursor"]
        if cursor is None:
            break
    assert text == whole


def test_searching_the_largest_transcripts_takes_little_memory(
    tools: Tools,
    make_conversation: MakeConversation,
    make_findable: Callable[[], None],
) -> None:
    """All of 5 MB, all found: each part is an answer, and holds little."""
    turns = [{"role": "user", "content": "missing order " * 350}] * 1_000
    first = make_conversation(turns=turns)
    for number in range(ROWS_AT_ONCE + 4):
        make_conversation(external_id=f"RM-{number}")
    copy_transcript(first)
    make_findable()
    tools.call("search_transcripts", q="missing ord", limit=1)
    tracemalloc.start()
    try:
        part = tools.call("search_transcripts", q="missing ord", limit=200)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 8 * MEGABYTE
    assert len(part["data"]) == ROWS_AT_ONCE == 20
    assert part["nextCursor"]
    assert [each["turn"] for each in part["data"][-1]["matches"]] == [0, 1, 2]


def copy_transcript(of: Conversation) -> None:
    """Give all other conversations the transcript of this one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO conversations_transcript (conversation_id, system_prompt, "
            "prompt_is_explicit, turns) SELECT one.id, '', false, kept.turns FROM "
            "conversations_conversation AS one, conversations_transcript AS kept WHERE "
            "kept.conversation_id = %s AND one.id <> kept.conversation_id",
            [of.id],
        )


def test_reading_the_largest_turns_takes_little_memory(
    tools: Tools, make_conversation: MakeConversation
) -> None:
    """Ten megabytes, and a hundred as objects."""
    turns = [
        {"role": "tool", "kind": "call", "content": "", "arguments": [[]] * 1_300_000},
        {"role": "user", "content": "x" * 5_000_000},
    ]
    conversation = make_conversation(turns=turns)
    tracemalloc.start()
    try:
        part = tools.call("get_transcript", conversationId=str(conversation.id))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 4 * MEGABYTE
    assert part["content"][0]["arguments"].endswith(" more characters)")
    assert part["content"][1]["content"].endswith("… (4,996,000 more characters)")
