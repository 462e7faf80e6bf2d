"""The largest transcripts that can be stored: a page of one is bounded in bytes and in
memory, and leads to all of it."""

from __future__ import annotations

import json
import re
import tracemalloc
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from conversations.detail.transcript_entries import MAX_SHOWN_CHARACTERS
from conversations.models import Conversation
from tests.conversations.conftest import MakeConversation

MEGABYTE = 1024 * 1024
LARGE = 5 * MEGABYTE

pytestmark = pytest.mark.django_db


def tool_turn(**fields: Any) -> dict[str, Any]:
    call = {"role": "tool", "kind": "call", "toolCallId": "1", "toolName": "look"}
    return call | {"content": ""} | fields


# Each about five megabytes as JSON; some of them many times as much as objects.
TRANSCRIPTS: dict[str, Callable[[], list[dict[str, Any]]]] = {
    "one long turn": lambda: [
        {"role": "user", "content": "long word " * (LARGE // 10)}
    ],
    "a script without spaces": lambda: [
        {
            "role": "user",
            "content": "\u6771\u4eac\u90fd\u3078\u884c\u304f" * (LARGE // 18),
        }
    ],
    "long arguments": lambda: [tool_turn(arguments={"text": "x" * LARGE})],
    "arguments of many parts": lambda: [tool_turn(arguments=[[]] * (LARGE // 4))],
    "a long result": lambda: [
        tool_turn(arguments={}),
        tool_turn(kind="result", content="y" * LARGE),
    ],
    "many keys": lambda: [
        {"role": "user", "content": "Hi"} | {f"key-{n}": n for n in range(LARGE // 20)}
    ],
    "long metrics": lambda: [
        {
            "role": "user",
            "content": "Hi",
            "metrics": {"a": ["z" * 100] * (LARGE // 104)},
        }
    ],
    "thousands of turns": lambda: [
        {"role": "user", "content": f"{n} " + "word " * 90} for n in range(10_000)
    ],
    "thousands of tool calls": lambda: [
        tool_turn(kind=kind, toolCallId=str(n), arguments={"a": ["b"] * 60})
        for n in range(5_000)
        for kind in ("call", "result")
    ],
    "turns of many keys": lambda: [
        {"role": "user", "content": ""} | {f"{n}-{k}": [] for k in range(1_000)}
        for n in range(400)
    ],
    "deep turns": lambda: [
        tool_turn(toolCallId=str(n), arguments=[deep(50) for _ in range(120)])
        for n in range(400)
    ],
}


def deep(levels: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(levels):
        value = [value]
    return value


@pytest.fixture(params=TRANSCRIPTS)
def large(request: Any, make_conversation: MakeConversation) -> Conversation:
    return make_conversation(turns=TRANSCRIPTS[request.param]())


def address(conversation: Conversation, rest: str = "") -> str:
    return f"/org/acme/conversations/{conversation.id}{rest}"


def peak(read: Callable[[], Any]) -> tuple[Any, int]:
    """Return what it gives, and how many bytes it held at most."""
    tracemalloc.start()
    try:
        given = read()
        return given, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_reading_it_is_bounded(
    bob_client: Client, large: Conversation, make_conversation: MakeConversation
) -> None:
    """Its page in bytes and memory, and its files, which hold it whole, in memory."""
    bob_client.get(address(make_conversation()))  # templates are read once
    path = address(large, "?q=word+\u6771\u4eac&show=all")
    page, most = peak(lambda: bob_client.get(path).content)
    assert len(page) < 3 * MEGABYTE
    assert most < 16 * MEGABYTE, f"{most / MEGABYTE:.1f} MB"
    for file in ("transcript.txt", "transcript.json", "turns/1.json"):
        file_path = address(large, f"/{file}")
        response, most = peak(lambda: bob_client.get(file_path))  # noqa: B023
        assert response.status_code == 200
        assert most < 24 * MEGABYTE, f"{file} {most / MEGABYTE:.1f} MB"


def test_what_is_cut_leads_to_the_whole_turn(
    bob_client: Client, make_conversation: MakeConversation
) -> None:
    turns = [
        tool_turn(arguments={"text": "x" * LARGE}),
        tool_turn(kind="result", content="y" * 200_000),
    ]
    conversation = make_conversation(turns=turns)
    page = bob_client.get(address(conversation)).content.decode()
    notes = re.findall(
        r"Cut here, ([\d,]+) more characters\. <a href=\"([^\"]+)\"", page
    )
    assert [int(more.replace(",", "")) for more, _ in notes] == [
        len(json.dumps(turns[0]["arguments"])) - 10_000,
        190_000,
    ]
    for (_, link), turn in zip(notes, turns, strict=True):
        assert bob_client.get(unescape(link)).json() == turn


def test_what_indenting_makes_long_is_cut_too(
    bob_client: Client, make_conversation: MakeConversation
) -> None:
    turns = [tool_turn(arguments=[deep(50) for _ in range(120)])]
    page = bob_client.get(address(make_conversation(turns=turns))).content.decode()
    assert "more characters" in page
    assert len(page) < 2 * MAX_SHOWN_CHARACTERS + 50_000


def test_a_short_turn_is_not_cut(
    bob_client: Client, make_conversation: MakeConversation
) -> None:
    turns = [{"role": "user", "content": "word " * 1_500}]
    page = bob_client.get(address(make_conversation(turns=turns))).content.decode()
    assert "more characters" not in page


def test_long_turns_make_short_parts_without_a_gap(
    bob_client: Client, make_conversation: MakeConversation
) -> None:
    turns = [{"role": "user", "content": f"{n} " + "x" * 9_000} for n in range(1, 201)]
    conversation = make_conversation(turns=turns)
    seen: list[int] = []
    while not seen or seen[-1] < 200:
        query = f"?at={seen[-1] + 1}" if seen else ""
        page = bob_client.get(address(conversation, query)).content.decode()
        assert len(page) < MEGABYTE
        shown = [int(n) for n in re.findall(r'<li[^>]*id="turn-(\d+)"', page)]
        assert all(f">{n} xxx" in page for n in shown)
        seen += shown
    assert seen == list(range(1, 201))


def test_a_further_part_is_read_once_more_and_no_oftener(
    bob_client: Client, make_conversation: MakeConversation
) -> None:
    counts = []
    for size in (10, 10_000):
        turns = [{"role": "user", "content": "word " * 30}] * size
        conversation = make_conversation(turns=turns)
        bob_client.get(address(conversation))
        with CaptureQueriesContext(connection) as queries:
            bob_client.get(address(conversation))
        counts.append(len(queries))
    assert counts[1] == counts[0] + 1


@pytest.mark.parametrize("number", ["0", "2", "9" * 30])
def test_a_turn_that_is_not_there_is_no_file(
    bob_client: Client, make_conversation: MakeConversation, number: str
) -> None:
    conversation = make_conversation(turns=[{"role": "user", "content": "Hi"}])
    assert bob_client.get(address(conversation, "/turns/1.json")).status_code == 200
    path = address(conversation, f"/turns/{number}.json")
    assert bob_client.get(path).status_code == 404


def test_a_turn_is_for_members(
    charlie_client: Client, client: Client, make_conversation: MakeConversation
) -> None:
    conversation = make_conversation(turns=[{"role": "user", "content": "Hi"}])
    path = address(conversation, "/turns/1.json")
    assert charlie_client.get(path).status_code == 404
    assert charlie_client.get(path.replace("acme", "globex")).status_code == 404
    assert client.get(path).status_code == 302
