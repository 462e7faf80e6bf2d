"""One walk over all routes and tools: whoever takes along what was received is in the
audit log. A route that shows any of it needs a line here, whatever is decided."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import get_resolver, reverse

from accounts.models import ApiKey, AuditAction, AuditEntry, Organization, User
from conversations.models import Conversation
from conversations.recordings.files import recordings_storage
from integrations.models import Delivery
from tests.api.conftest import Tools, make_delivery
from tests.conftest import MakeKey
from tests.conversations.conftest import (
    MakeConversation,
    MakeRecording,
    make_agent,
    make_conversation,
    make_findable,
    make_recording,
)
from tests.zelto.test_outsiders import everything, routes

__all__ = [
    "everything",
    "make_agent",
    "make_conversation",
    "make_delivery",
    "make_findable",
    "make_recording",
]

pytestmark = pytest.mark.django_db

RAW = "a-word-of-the-raw-body"
SAID = "a-word-that-was-said"
# What they answer with leaves an entry.
NOTED = {
    "api:delivery": AuditAction.BODY_OPENED,
    "api:recording": AuditAction.RECORDING_OPENED,
    "conversations:export-file": AuditAction.DATA_EXPORTED,
    "conversations:recording": AuditAction.RECORDING_OPENED,
    "integrations:delivery": AuditAction.BODY_OPENED,
    "integrations:delivery-body": AuditAction.BODY_OPENED,
    "integrations:delivery-replay": AuditAction.BODY_OPENED,
}
READING = "reading one conversation is what members are here for, as its page is"
SAME_FILE = "the same of one conversation as a file: what its page shows anyway"
PROGRAM = "reading is what a key of this scope is for; the key shows its last use"
NOT_NOTED = {
    "api:transcript": PROGRAM,
    "conversations:detail": READING,
    "conversations:list": READING,
    "conversations:transcript-json": SAME_FILE,
    "conversations:transcript-text": SAME_FILE,
    "conversations:turn-json": SAME_FILE,
    "tool get_transcript": PROGRAM,
    "tool search_transcripts": PROGRAM,
}
# With what a route is asked, where an empty query shows less.
QUERIES = {
    "conversations:detail": ("show=all",),
    "conversations:export-file": ("format=csv", "format=transcripts"),
    "conversations:list": (f"q={SAID}",),
    "conversations:recording": ("", "download"),
}


@dataclass(frozen=True, slots=True)
class Received:
    """What can be shown of one call, by the name that it has in a route."""

    arguments: dict[str, Any]
    audio: bytes

    def is_in(self, content: bytes) -> bool:
        marks = (RAW.encode(), SAID.encode(), self.audio[:200])
        return any(mark in content for mark in marks)

    def path_of(self, name: str, wanted: set[str]) -> str:
        by_name = dict(self.arguments)
        if name.startswith("api:"):
            kind = "delivery" if name in {"api:delivery", "api:replay"} else ""
            kind = kind or ("agent" if name == "api:agent" else "conversation")
            by_name["id"] = by_name[f"{kind}_id"]
        return reverse(name, kwargs={each: by_name.get(each, "x") for each in wanted})


@pytest.fixture
def conversation(make_conversation: MakeConversation) -> Conversation:
    return make_conversation([{"role": "user", "content": SAID}], external_id="call-2")


@pytest.fixture
def received(
    everything: dict[str, Any],
    conversation: Conversation,
    make_recording: MakeRecording,
    make_findable: Callable[[], None],
) -> Received:
    """A refused post with its body, and a conversation with its audio."""
    delivery = Delivery.objects.get()
    Delivery.objects.update(
        outcome="rejected", status=422, body=b'{"call": "%s"}' % RAW.encode()
    )
    recording = make_recording(conversation)
    make_findable()
    with recordings_storage().open(recording.file) as file:
        audio = bytes(file.read())
    return Received(
        everything
        | {
            "agent_id": conversation.agent_id,
            "conversation_id": conversation.id,
            "delivery_id": delivery.uuid,
            "path": "statuses",
            "number": 1,
            "uidb36": "0" * 32,
        },
        audio,
    )


@pytest.fixture
def reader(
    alice: User, organization: Organization, make_key: MakeKey
) -> Callable[[], Client]:
    """Makes a client that is the owner's; with a key, for what asks for one."""
    _, text = make_key(organization)

    def sign_in() -> Client:
        headers = {"Authorization": f"Bearer {text}"}
        client = Client(headers=headers, raise_request_exception=False)
        client.force_login(alice)
        return client

    return sign_in


def all_routes() -> list[tuple[str, set[str]]]:
    found = {name: arguments for name, _, arguments in routes(get_resolver())}
    return sorted(found.items())


def answers(client: Client, name: str, path: str) -> Iterator[bytes]:
    """What is shown to somebody who asks for it and then sends it an empty form."""
    for query in QUERIES.get(name, ("",)):
        for method in ("get", "post"):
            response = getattr(client, method)(f"{path}?{query}")
            yield b"".join(response) if response.streaming else response.content


def has_entry(action: AuditAction | None, *, by_key: bool) -> bool:
    made = AuditEntry.objects.filter(action=action, key__isnull=not by_key)
    return made.exists()


def test_a_route_that_shows_what_was_received_leaves_an_entry(
    received: Received, reader: Callable[[], Client]
) -> None:
    decided = NOTED.keys() | NOT_NOTED.keys()
    shows, leaves = set(), set()
    for name, arguments in all_routes():
        # Each finds what the one before may have changed as it was.
        before = transaction.savepoint()
        path = received.path_of(name, arguments)
        if received.is_in(b"\n".join(answers(reader(), name, path))):
            shows.add(name)
        if has_entry(NOTED.get(name), by_key=name.startswith("api:")):
            leaves.add(name)
        transaction.savepoint_rollback(before)
    assert shows == {name for name in decided if not name.startswith("tool ")}
    assert leaves == NOTED.keys()


def test_a_tool_that_shows_what_was_received_leaves_an_entry(
    received: Received, organization: Organization, make_key: MakeKey
) -> None:
    tools = Tools(make_key(organization)[1])
    given = {
        "agentId": str(received.arguments["agent_id"]),
        "conversationId": str(received.arguments["conversation_id"]),
        "path": "statuses",
        "q": SAID,
    }
    for tool, definition in tools.definitions.items():
        takes = definition["inputSchema"]["properties"]
        arguments = {name: each for name, each in given.items() if name in takes}
        told = tools.call(tool, **arguments)
        decided = f"tool {tool}" in NOTED.keys() | NOT_NOTED.keys()
        assert received.is_in(str(told).encode()) == decided, tool


def test_every_line_above_is_of_a_route_or_tool(
    organization: Organization, make_key: MakeKey
) -> None:
    tools = Tools(make_key(organization)[1]).definitions
    there = {name for name, _ in all_routes()} | {f"tool {name}" for name in tools}
    assert NOTED.keys() | NOT_NOTED.keys() | QUERIES.keys() <= there
    assert not NOTED.keys() & NOT_NOTED.keys()


def test_a_program_that_reads_the_same_body_again_is_noted_once_an_hour(
    received: Received, organization: Organization, make_key: MakeKey
) -> None:
    row, text = make_key(organization, ApiKey.Scope.READ)
    path = reverse("api:delivery", args=[received.arguments["delivery_id"]])
    for _ in range(2):
        assert Client().get(path, headers={"Authorization": f"Bearer {text}"}).content
    entry = AuditEntry.objects.get()
    assert (entry.key, entry.by, entry.actor) == (row, None, str(row))
    assert entry.detail == {"id": str(received.arguments["delivery_id"])}
