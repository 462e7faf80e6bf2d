"""One walk over all routes and tools: whoever takes along what was received is in the
audit log. A route that shows any of it needs a line here, whatever is decided."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from accounts.models import ApiKey, AuditAction, AuditEntry, Organization
from tests.api.conftest import Tools
from tests.conftest import MakeKey
from tests.zelto.routes.walk import QUERIES, SAID, Received, all_routes

pytestmark = pytest.mark.django_db

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
