"""What one answer says is of one moment, whatever is stored between its queries."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from conversations.models import Conversation, Recording
from tests.api.conftest import Api, Tools
from tests.conversations.conftest import MakeConversation

pytestmark = pytest.mark.django_db(transaction=True)
Between = Callable[[str], Any]
COLUMN = '"conversations_conversation"."has_audio"'

STORED = """
    UPDATE conversations_recording SET file = 'a/b/c.ogg', state = 'done';
    UPDATE conversations_conversation SET has_audio = true;
"""
SAID_MORE = """
    UPDATE conversations_transcript
    SET turns = '[{"role": "user", "content": "One."},
        {"role": "user", "content": "Two."}]', is_heard = false;
    UPDATE conversations_conversation SET duration_seconds = 2, turn_count = 2;
"""


@pytest.fixture
def conversation(make_conversation: MakeConversation) -> Conversation:
    conversation = make_conversation(
        turns=[{"role": "user", "content": "One."}],
        turn_count=1,
        has_transcript=True,
        duration_seconds=1,
        applied_through=1,
    )
    Recording.objects.create(conversation=conversation, source_url="https://a.test/a")
    return conversation


@pytest.fixture
def between() -> Between:
    """`with between(statements)`: somebody commits these after the first query that
    reads conversations."""

    @contextmanager
    def change(statements: str) -> Iterator[None]:
        done: list[str] = []

        def watch(
            execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
        ) -> Any:
            result = execute(sql, params, many, context)
            if not done and sql.startswith("SELECT") and COLUMN in sql:
                done.append(sql)
                other = connection.copy()
                with other.cursor() as cursor:
                    cursor.execute(statements)
                other.close()
            return result

        with connection.execute_wrapper(watch):
            yield
        assert done

    return change


def assert_agrees(told: dict[str, Any]) -> None:
    assert told["hasAudio"] == (told["recording"]["state"] == "stored")


def test_a_conversation(api: Api, conversation: Conversation, between: Between) -> None:
    with between(STORED):
        told = api.get(f"/v1/conversations/{conversation.id}").json()
    assert_agrees(told)


def test_a_list(api: Api, conversation: Conversation, between: Between) -> None:
    with between(STORED):
        told = api.get("/v1/conversations").json()["data"][0]
    assert_agrees(told)


@pytest.mark.parametrize("tool", ["get_conversation", "list_conversations"])
def test_a_tool(
    tools: Tools, conversation: Conversation, between: Between, tool: str
) -> None:
    given = {} if tool.startswith("list") else {"conversationId": str(conversation.id)}
    with between(STORED):
        told = tools.call(tool, **given)
    assert_agrees(told["data"][0] if "data" in told else told)


def test_a_transcript(api: Api, conversation: Conversation, between: Between) -> None:
    with between(SAID_MORE):
        told = api.get(f"/v1/conversations/{conversation.id}/transcript").json()
    assert told["durationSeconds"] == len(told["content"])


def test_an_export(
    bob_client: Client, conversation: Conversation, between: Between
) -> None:
    address = "/org/acme/conversations/export/file?format=jsonl"
    with between(STORED):
        lines = bob_client.get(address).getvalue()
    assert_agrees(json.loads(lines.splitlines()[0]))


def test_the_page_of_a_conversation(
    bob_client: Client, conversation: Conversation, between: Between
) -> None:
    address = f"/org/acme/conversations/{conversation.id}"
    with between(STORED + SAID_MORE):
        shown = bob_client.get(address).context
    assert shown["conversation"].has_audio == (shown["player"] is not None)
    assert shown["conversation"].turn_count == shown["view"].total


def test_the_part_of_it_that_turns_by_itself(
    bob_client: Client, conversation: Conversation, between: Between
) -> None:
    address = f"/org/acme/conversations/{conversation.id}/recording/state"
    with between(STORED):
        shown = bob_client.get(address).context
    assert shown["conversation"].has_audio == (shown["player"] is not None)


@pytest.mark.parametrize("file", ["transcript.json", "transcript.txt"])
def test_a_transcript_to_keep(
    bob_client: Client, conversation: Conversation, between: Between, file: str
) -> None:
    """Both name how long it lasted, and what was said."""
    address = f"/org/acme/conversations/{conversation.id}/{file}"
    with between(SAID_MORE):
        content = bob_client.get(address).content.decode()
    if file.endswith(".json"):
        told = json.loads(content)
        assert told["durationSeconds"] == len(told["content"])
    else:
        assert ("0:02" in content) == ("Two." in content)
