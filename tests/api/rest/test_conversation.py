"""`GET /v1/conversations/{id}`, its transcript and its recording"""

from __future__ import annotations

import tracemalloc
import uuid
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from conversations.models import Conversation, Recording, Transcript
from conversations.recordings.probe import read_audio
from conversations.recordings.store_audio import store_audio
from tests.api.conftest import Api, Tools
from tests.conversations.conftest import NOON, MakeConversation
from tests.conversations.recordings.sounds import write_sound

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = "/v1/conversations"
TURNS: list[dict[str, Any]] = [
    {"role": "assistant", "content": "Hi.", "startSeconds": 0.5, "mood": {"a": [1]}},
    {"role": "user", "content": "", "timestamp": "2026-11-22T12:31:46.605Z"},
    {
        "role": "tool",
        "content": "",
        "kind": "call",
        "toolName": "find",
        "toolCallId": "c-1",
        "arguments": {"id": 5},
    },
    {"role": "tool", "content": "ok", "kind": "result", "isError": False},
    {"role": "system", "content": "handoff", "timestamp": 1764000000},
]


@pytest.fixture
def conversation(make_conversation: MakeConversation) -> Conversation:
    conversation = make_conversation(
        turns=TURNS,
        system_prompt="Be kind.",
        external_id="room-1",
        started_at=NOON,
        ended_at=NOON + timedelta(seconds=5.5),
        duration_seconds=5.5,
        ended_reason="user_initiated",
        cost=Decimal("0.0425"),
        customer_number="+15550100",
        customer_name="Ada Lovelace",
        version="2026.11.3",
        metadata={"campaign": "spring", "deep": {"a": [1, None]}},
        recording_url="https://recordings.example.com/1.ogg?token=x",
    )
    Recording.objects.create(conversation=conversation)
    return conversation


def test_it_tells_all_of_a_conversation(api: Api, conversation: Conversation) -> None:
    told = api.get(f"{ROOT}/{conversation.id}").json()
    arrived = "2026-11-22T12:01:00Z"
    assert told == {
        "id": str(conversation.id),
        "agentId": str(conversation.agent_id),
        "name": "Ada Lovelace",
        "source": "livekit",
        "referenceId": "room-1",
        "startedAt": "2026-11-22T12:00:00Z",
        "endedAt": "2026-11-22T12:00:05.500000Z",
        "durationSeconds": 5.5,
        "endedReason": "user_initiated",
        "cost": "0.042500",
        "customer": {"number": "+15550100", "name": "Ada Lovelace"},
        "version": "2026.11.3",
        "outcome": {"result": None, "reason": None},
        "evaluations": [],
        "tags": [],
        "isTest": False,
        "metadata": {"campaign": "spring", "deep": {"a": [1, None]}},
        "hasTranscript": True,
        "hasAudio": False,
        "recording": {
            "state": "waiting",
            "error": None,
            "sourceUrl": "https://recordings.example.com/1.ogg?token=x",
        },
        "createdAt": arrived,
        "updatedAt": arrived,
    }


def test_what_was_not_sent_is_null(
    api: Api, make_conversation: MakeConversation
) -> None:
    bare = make_conversation(external_id="room-2")
    told = api.get(f"{ROOT}/{bare.id}").json()
    assert told["name"] == "room-2"
    assert told["customer"] == {"number": None, "name": None}
    assert told["recording"] == {"state": "none", "error": None, "sourceUrl": None}
    assert told["metadata"] == {}
    for name in ("startedAt", "endedAt", "durationSeconds", "cost", "version"):
        assert told[name] is None
    assert told["endedReason"] is None


@pytest.mark.parametrize("below", ["", "/transcript", "/recording"])
def test_it_refuses_an_outsider(
    outsider: Api, conversation: Conversation, below: str
) -> None:
    response = outsider.get(f"{ROOT}/{conversation.id}{below}")
    assert response.status_code == 404
    assert response.json()["detail"] == "There is no conversation with this id."


@pytest.mark.parametrize("below", ["", "/transcript", "/recording"])
@pytest.mark.parametrize("id", [str(uuid.UUID(int=7)), "room-1"])
def test_an_unknown_or_malformed_id_is_a_404(api: Api, id: str, below: str) -> None:
    assert api.get(f"{ROOT}/{id}{below}").status_code == 404


@pytest.mark.parametrize("below", ["", "/transcript"])
def test_a_key_of_the_scope_read_may_read(
    reader: Api, conversation: Conversation, below: str
) -> None:
    assert reader.get(f"{ROOT}/{conversation.id}{below}").status_code == 200


@pytest.mark.parametrize("below", ["", "/transcript"])
def test_what_has_not_changed_is_not_sent_again(
    api: Api, conversation: Conversation, below: str
) -> None:
    path = f"{ROOT}/{conversation.id}{below}"
    tag = api.get(path)["ETag"]
    assert api.get(path, headers={"If-None-Match": tag}).status_code == 304
    Transcript.objects.update(turns=[])
    Conversation.objects.update(version="2")
    assert api.get(path, headers={"If-None-Match": tag}).status_code == 200


def test_head_is_get_without_the_body(api: Api, conversation: Conversation) -> None:
    response = api.ask("HEAD", f"{ROOT}/{conversation.id}")
    assert response.status_code == 200
    assert not response.content


def test_it_gives_the_turns_back_as_they_were_sent(
    api: Api, conversation: Conversation
) -> None:
    told = api.get(f"{ROOT}/{conversation.id}/transcript").json()
    assert told == {
        "conversationId": str(conversation.id),
        "systemPrompt": "Be kind.",
        "durationSeconds": 5.5,
        "recordingUrl": None,
        "content": TURNS,
        "createdAt": "2026-11-22T12:01:00Z",
    }


def test_it_tells_how_much_of_a_long_turn_is_searched(
    tools: Tools,
    make_conversation: MakeConversation,
    make_findable: Callable[[], None],
) -> None:
    table = " ".join(f"row{number}" for number in range(40_000))
    turns = [{"role": "tool", "content": table}, {"role": "user", "content": "Stop"}]
    conversation = make_conversation(turns=turns)
    make_findable()
    part = tools.call("get_transcript", conversationId=str(conversation.id))
    searched = part["searchedCharacters"]
    assert searched["said"] is None
    assert 10_000 < searched["tools"] < len(table)


@pytest.mark.parametrize("turns", [None, []])
def test_no_transcript_is_null_and_a_silent_one_is_empty(
    api: Api, make_conversation: MakeConversation, turns: list[Any] | None
) -> None:
    conversation = make_conversation(turns=turns)
    told = api.get(f"{ROOT}/{conversation.id}/transcript").json()
    assert told["content"] == turns
    assert told["systemPrompt"] is None


@pytest.mark.parametrize(("below", "queries"), [("", 3), ("/transcript", 3)])
def test_it_asks_little(
    api: Api,
    conversation: Conversation,
    django_assert_num_queries: DjangoAssertNumQueries,
    below: str,
    queries: int,
) -> None:
    path = f"{ROOT}/{conversation.id}{below}"
    api.get(path)
    with django_assert_num_queries(queries):
        api.get(path)


def test_another_recording_is_another_answer(
    api: Api, conversation: Conversation, tmp_path: Path
) -> None:
    """It lasts as long as the one before, so that only `updatedAt` tells."""
    path = f"{ROOT}/{conversation.id}"
    tags = []
    for channels in (1, 2):
        sound = write_sound(tmp_path / "a.ogg", channels=channels)
        audio = read_audio(sound)
        store_audio(conversation=conversation, path=sound, audio=audio, claim=None)
        tags.append(api.get(path)["ETag"])
        assert api.get(path, headers={"If-None-Match": tags[0]}).status_code == (
            304 if len(tags) == 1 else 200
        )
    assert tags[0] != tags[1]


def test_no_objects_are_made_of_the_turns(
    api: Api, make_conversation: MakeConversation
) -> None:
    arguments: list[list[Any]] = [[]] * 1_300_000  # 5 MB, and 90 as objects
    turns = [{"role": "tool", "content": "", "arguments": arguments}]
    path = f"{ROOT}/{make_conversation(turns=turns).id}/transcript"
    api.client.get(path)  # checked against the description elsewhere
    tracemalloc.start()
    try:
        headers = {"Authorization": f"Bearer {api.key}"}
        response = api.client.get(path, headers=headers)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 24 * 1024 * 1024
    assert response.json()["content"] == turns


def test_it_tells_what_was_judged(
    api: Api, make_conversation: MakeConversation
) -> None:
    judged = make_conversation(
        external_id="room-3",
        metadata={
            "outcome": {"outcome": "fail", "reason": "The caller gave up."},
            "evaluations": [{"name": "tone", "verdict": "pass", "reasoning": "Kind."}],
            "tags": ["lk.fail", "vip"],
        },
    )
    told = api.get(f"{ROOT}/{judged.id}").json()
    assert told["outcome"] == {"result": "fail", "reason": "The caller gave up."}
    assert told["evaluations"] == [
        {"name": "tone", "verdict": "pass", "reason": "Kind."}
    ]
    assert told["tags"] == ["vip"]
