import uuid

import pytest

from accounts.models import AuditAction, AuditEntry
from conversations.models import Agent, Conversation, Tombstone
from integrations.erasure import erase as erasure
from integrations.models import Delivery

pytestmark = pytest.mark.django_db(transaction=True)
URL = "/org/acme/conversations/erase"


@pytest.fixture
def three(organization):
    agent = Agent.objects.create(
        organization=organization, provider="livekit", external_id="front-desk"
    )
    made = []
    for number in range(3):
        row = Conversation.objects.create(
            organization=organization,
            agent=agent,
            provider="livekit",
            external_id=f"call-{number}",
            applied_through=1,
        )
        Delivery.objects.create(
            organization=organization,
            provider="livekit",
            external_id=row.external_id,
            conversation=row,
            status=200,
            outcome="processed",
            body=b"{}",
        )
        made.append(row)
    return made


def asked(rows, **more):
    return {"only": "chosen", "id": [str(row.id) for row in rows], **more}


def test_the_page_says_how_many_and_which(dora_client, three):
    content = dora_client.get(URL, asked(three[:2])).content.decode()
    assert "Erase 2 conversations?" in content
    assert "call-0" in content
    assert "call-2" not in content
    assert "erase 2" in content


def test_it_erases_the_rows_and_nothing_else(dora_client, dora, three):
    response = dora_client.post(URL, asked(three[:2], word="Erase  2"), follow=True)
    assert "Erased 2 conversations." in response.content.decode()
    assert [row.external_id for row in Conversation.objects.all()] == ["call-2"]
    assert Tombstone.objects.count() == 2
    assert Delivery.objects.exclude(body=None).count() == 1
    entries = AuditEntry.objects.filter(action=AuditAction.CONVERSATION_ERASED, by=dora)
    assert sorted(entry.subject for entry in entries) == ["call-0", "call-1"]


@pytest.mark.parametrize("word", ["", "erase", "erase 3", "2"])
def test_without_the_words_nothing_is_erased(dora_client, three, word):
    content = dora_client.post(URL, asked(three[:2], word=word)).content.decode()
    assert "erase 2" in content
    assert Conversation.objects.count() == 3


def test_the_words_count_what_is_there_by_now(dora_client, three):
    """Whoever confirmed three rows did not confirm two others."""
    chosen = asked(three, word="erase 3")
    three[0].delete()
    dora_client.post(URL, chosen)
    assert Conversation.objects.count() == 2


def test_all_that_match_are_never_erased(dora_client, three):
    content = dora_client.post(
        URL, asked(three, all="1", word="erase 3")
    ).content.decode()
    assert "never all that match" in content
    assert Conversation.objects.count() == 3


def test_no_more_than_five_hundred(dora_client, three):
    ids = [str(three[0].id), *(str(uuid.uuid4()) for _ in range(500))]
    content = dora_client.post(
        URL, {"only": "chosen", "id": ids, "word": "erase 1"}
    ).content.decode()
    assert "at most 500" in content
    assert Conversation.objects.count() == 3


def test_what_is_held_is_left_and_told(dora_client, three, monkeypatch):
    erase = erasure.erase_conversation

    def held(*, conversation, by):
        if conversation.external_id == "call-1":
            raise erasure.BeingWritten
        erase(conversation=conversation, by=by)

    monkeypatch.setattr(erasure, "erase_conversation", held)
    content = dora_client.post(URL, asked(three, word="erase 3")).content.decode()
    assert "2 are erased. 1 could not be" in content
    assert "erase 1" in content
    assert [row.external_id for row in Conversation.objects.all()] == ["call-1"]


def test_it_stops_in_time(dora_client, three, monkeypatch):
    monkeypatch.setattr(erasure, "MAX_BULK_SECONDS", -1.0)
    content = dora_client.post(URL, asked(three, word="erase 3")).content.decode()
    assert "3 could not be" in content
    assert Conversation.objects.count() == 3


def test_another_organizations_rows_cannot_be_chosen(
    dora_client, three, other_organization
):
    Conversation.objects.filter(pk=three[0].pk).update(organization=other_organization)
    dora_client.post(URL, asked(three[:1], word="erase 1"))
    dora_client.post(URL, asked(three[:1], word="erase 0"))
    assert Conversation.objects.count() == 3


def test_it_refuses_a_member(bob_client, three):
    assert bob_client.get(URL, asked(three)).status_code == 403
    assert bob_client.post(URL, asked(three, word="erase 3")).status_code == 403
    assert Conversation.objects.count() == 3


def test_it_refuses_an_outsider(charlie_client, three):
    assert charlie_client.get(URL, asked(three)).status_code == 404
    assert charlie_client.post(URL, asked(three, word="erase 3")).status_code == 404


def test_it_sends_the_signed_out_to_the_login(client, three):
    assert client.get(URL, asked(three))["Location"].startswith("/login")
