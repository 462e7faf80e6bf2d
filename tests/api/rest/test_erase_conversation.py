"""`DELETE /v1/conversations/{id}`"""

from __future__ import annotations

import uuid

import pytest

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
