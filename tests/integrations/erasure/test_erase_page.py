"""`/org/<slug>/conversations/<id>/erase`."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from accounts.models import AuditEntry
from conversations.models import Conversation
from integrations.models import Delivery
from tests.integrations.conftest import session

ODD = "<b>\u0645\u0631\u062d\u0628\u0627  7</b>"


@pytest.fixture
def conversation(post, process):
    post(session(call={"customer": {"name": "Ada <i>"}}))
    post(session(transcript={"turns": "x"}))
    process()
    return Conversation.objects.get()


def url_of(conversation):
    return f"/org/acme/conversations/{conversation.id}/erase"


def test_it_says_what_is_lost_and_erases_nothing_yet(dora_client, conversation):
    page = dora_client.get(url_of(conversation)).content.decode()
    assert "Erase this conversation?" in page
    assert "Ada &lt;i&gt;" in page
    assert "2 turns" in page
    assert "The bodies of 2 deliveries" in page
    assert "not charged again" in page
    assert Conversation.objects.exists()


def test_the_typed_reference_erases_it(dora_client, dora, conversation):
    response = dora_client.post(
        url_of(conversation), {"reference": " call-1 "}, follow=True
    )
    assert response.redirect_chain == [("/org/acme/conversations", 302)]
    assert "Erased call-1." in response.content.decode()
    assert not Conversation.objects.exists()
    assert not Delivery.objects.filter(body__isnull=False).exists()
    assert AuditEntry.objects.get(action="conversation.erased").by == dora


@pytest.mark.parametrize("typed", ["", "call", "CALL-1", "call-12", "\x00"])
def test_anything_else_does_not(dora_client, conversation, typed):
    response = dora_client.post(url_of(conversation), {"reference": typed})
    assert response.status_code == 200
    assert 'aria-describedby="id_reference_error"' in response.content.decode()
    assert Conversation.objects.exists()


def test_an_odd_reference_is_escaped_and_can_be_typed(
    dora_client, conversation, post, process
):
    post(session(ODD))
    process()
    odd = Conversation.objects.get(external_id=ODD)
    assert "<b>\u0645" not in dora_client.get(url_of(odd)).content.decode()
    dora_client.post(url_of(odd), {"reference": ODD.replace("  ", " ")})
    assert Conversation.objects.get() == conversation


def test_an_erased_one_is_not_found(dora_client, conversation):
    dora_client.post(url_of(conversation), {"reference": "call-1"})
    assert dora_client.get(url_of(conversation)).status_code == 404
    again = dora_client.post(url_of(conversation), {"reference": "call-1"})
    assert again.status_code == 404
    detail = url_of(conversation).removesuffix("/erase")
    assert dora_client.get(detail).status_code == 404
    assert dora_client.get(f"{detail}/deliveries").status_code == 404


def test_one_that_somebody_erases_at_this_moment_is_not_found(
    dora_client, conversation, monkeypatch
):
    def gone(**_):
        raise Conversation.DoesNotExist

    monkeypatch.setattr("integrations.erasure.views.erase_conversation", gone)
    response = dora_client.post(url_of(conversation), {"reference": "call-1"})
    assert response.status_code == 404


@pytest.mark.django_db(transaction=True)
def test_one_that_is_written_for_long_is_not_erased_and_says_so(
    dora_client, conversation
):
    """Nobody waits without an end: the web's own limit is longer than this one."""
    held, done = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic():
            Conversation.objects.select_for_update().get()
            held.set()
            done.wait(20)
        connection.close()

    with ThreadPoolExecutor(1) as pool:
        holder = pool.submit(hold)
        held.wait(20)
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '100ms'")
        response = dora_client.post(url_of(conversation), {"reference": "call-1"})
        done.set()
        holder.result(20)
        connection.close()
    assert "Try again in a moment." in response.content.decode()
    assert Conversation.objects.exists()


def test_the_lists_and_the_agent_count_one_less(
    dora_client, conversation, post, process
):
    post(session("call-2"))
    process()
    agent = conversation.agent
    dora_client.post(url_of(conversation), {"reference": "call-1"})
    for path in ("conversations", f"agents/{agent.id}"):
        page = dora_client.get(f"/org/acme/{path}", follow=True).content.decode()
        assert str(conversation.id) not in page, path
        assert "call-2" in page, path
    assert agent.conversations.count() == 1


def test_a_test_session_is_not_said_to_be_charged(dora_client, conversation):
    Conversation.objects.update(is_test=True)
    page = dora_client.get(url_of(conversation)).content.decode()
    assert "not charged again" not in page


def test_it_refuses_a_member(bob_client, conversation):
    assert bob_client.get(url_of(conversation)).status_code == 403
    response = bob_client.post(url_of(conversation), {"reference": "call-1"})
    assert response.status_code == 403
    assert Conversation.objects.exists()


def test_it_refuses_an_outsider(charlie_client, conversation):
    for url in (url_of(conversation), url_of(conversation).replace("acme", "globex")):
        assert charlie_client.get(url).status_code == 404
        response = charlie_client.post(url, {"reference": "call-1"})
        assert response.status_code == 404
    assert Conversation.objects.exists()


def test_signed_out_leads_to_the_login(client, conversation):
    assert client.get(url_of(conversation))["Location"].startswith("/login")
    response = client.post(url_of(conversation), {"reference": "call-1"})
    assert response["Location"].startswith("/login")
    assert Conversation.objects.exists()


def test_many_deliveries_take_no_more_queries(
    dora_client, conversation, post, django_assert_num_queries
):
    dora_client.get(url_of(conversation))
    with django_assert_num_queries(6):
        dora_client.get(url_of(conversation))
    for _ in range(20):
        post(session())
    with django_assert_num_queries(6):
        dora_client.get(url_of(conversation))
