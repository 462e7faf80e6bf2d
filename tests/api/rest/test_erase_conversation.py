"""`DELETE /v1/conversations/{id}`"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection

from accounts.models import ApiKey, AuditEntry, Organization
from conversations.models import Conversation, Tombstone
from integrations.models import Delivery
from tests.api.conftest import Api
from tests.conversations.conftest import MakeConversation

# Erasing is a transaction of its own.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def conversation(
    make_conversation: MakeConversation, organization: Organization
) -> Conversation:
    made = make_conversation(turns=[{"role": "user", "content": "Hi."}])
    Delivery.objects.create(
        organization=organization,
        provider=made.provider,
        external_id=made.external_id,
        status=200,
        outcome="processed",
        body=b"{}",
        conversation=made,
    )
    return made


def test_it_erases_for_good(
    api: Api, conversation: Conversation, full_key: tuple[ApiKey, str]
) -> None:
    path = f"/v1/conversations/{conversation.id}"
    response = api.delete(path)
    assert response.status_code == 204
    assert not response.content
    assert not Conversation.objects.exists()
    assert Tombstone.objects.count() == 1
    assert Delivery.objects.get().body is None
    entry = AuditEntry.objects.get()
    assert (entry.key, entry.by) == (full_key[0], None)
    assert api.delete(path).status_code == 404
    assert api.get(path).status_code == 404


@contextmanager
def held(statement: str, pk: uuid.UUID) -> Iterator[None]:
    """Somebody else has the row for longer than one waits."""
    other = connection.copy()
    try:
        other.set_autocommit(False)
        with other.cursor() as theirs, connection.cursor() as ours:
            theirs.execute(statement, [pk])
            ours.execute("SET lock_timeout = '100ms'")
            yield
            ours.execute("RESET lock_timeout")
        other.rollback()
    finally:
        other.close()


def test_one_that_is_being_written_is_told_to_come_again(
    api: Api, conversation: Conversation
) -> None:
    path = f"/v1/conversations/{conversation.id}"
    lock = "SELECT 1 FROM conversations_conversation WHERE id = %s FOR UPDATE"
    with held(lock, conversation.id):
        response = api.delete(path)
    assert response.status_code == 503
    assert response["Retry-After"] == "5"
    assert response.json()["detail"] == (
        "The conversation is being written just now. Try again in a moment."
    )
    assert Conversation.objects.exists()
    assert api.delete(path).status_code == 204


def test_any_row_that_is_being_written_is_not_said_to_be_a_database_that_is_away(
    api: Api, conversation: Conversation
) -> None:
    lock = "SELECT 1 FROM conversations_agent WHERE id = %s FOR UPDATE"
    with held(lock, conversation.agent_id):
        response = api.patch(f"/v1/agents/{conversation.agent_id}", {"name": "New"})
    assert response.status_code == 503
    assert response["Retry-After"] == "5"
    assert response.json()["detail"] == (
        "What this changes is being written just now. Try again in a moment."
    )


def test_it_refuses_all_others(
    outsider: Api,
    reader: Api,
    poster: Api,
    stranger: Api,
    conversation: Conversation,
) -> None:
    path = f"/v1/conversations/{conversation.id}"
    refused = ((outsider, 404), (reader, 403), (poster, 403), (stranger, 401))
    for who, status in refused:
        assert who.delete(path).status_code == status
    assert Conversation.objects.exists()


@pytest.mark.parametrize("id", [str(uuid.UUID(int=7)), "call-1"])
def test_an_unknown_one_is_a_404(api: Api, id: str) -> None:
    assert api.delete(f"/v1/conversations/{id}").status_code == 404


def test_an_unknown_parameter_erases_nothing(
    api: Api, conversation: Conversation
) -> None:
    response = api.delete(f"/v1/conversations/{conversation.id}", dryRun="true")
    assert response.status_code == 400
    assert Conversation.objects.exists()
