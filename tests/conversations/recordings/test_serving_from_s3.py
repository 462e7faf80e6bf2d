"""Recordings in a bucket are heard from there, by links that hold for minutes"""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from django.core.files.storage import Storage
from django.test import Client

from accounts.models import AuditAction, AuditEntry
from conversations.models import Conversation
from tests.conversations.conftest import MakeConversation, MakeRecording
from tests.conversations.recordings.test_storing_in_s3 import bucket, in_s3, server

__all__ = ["bucket", "in_s3", "server"]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def conversation(
    bucket: Storage, make_conversation: MakeConversation, make_recording: MakeRecording
) -> Conversation:
    conversation = make_conversation(external_id="call-1")
    make_recording(conversation)
    return conversation


def test_it_leads_to_a_link_that_gives_the_range(
    bob_client: Client, conversation: Conversation
) -> None:
    url = f"/org/acme/conversations/{conversation.id}/recording"
    response = bob_client.get(url, headers={"Range": "bytes=0-9"})
    assert response.status_code == 302
    assert response["Cache-Control"] == "private, no-store"
    link = response["Location"]
    assert int(parse_qs(urlsplit(link).query)["X-Amz-Expires"][0]) <= 300
    heard = requests.get(link, headers={"Range": "bytes=0-3"}, timeout=10)
    assert (heard.status_code, heard.content) == (206, b"OggS")
    assert heard.headers["Content-Type"] == "audio/ogg"
    assert heard.headers["Content-Disposition"] == 'inline; filename="call-1.ogg"'
    assert AuditEntry.objects.get().action == AuditAction.RECORDING_OPENED


def test_a_download_keeps_its_name(
    bob_client: Client, conversation: Conversation
) -> None:
    url = f"/org/acme/conversations/{conversation.id}/recording?download"
    link = bob_client.get(url)["Location"]
    heard = requests.get(link, timeout=10)
    disposition = heard.headers["Content-Disposition"]
    assert disposition == 'attachment; filename="call-1.ogg"'


def test_the_link_of_a_head_is_signed_for_a_head(
    bob_client: Client, conversation: Conversation
) -> None:
    url = f"/org/acme/conversations/{conversation.id}/recording"

    def signature_of(method: str) -> tuple[str, str]:
        link = getattr(bob_client, method)(url)["Location"]
        assert requests.head(link, timeout=10).status_code == 200
        signed = parse_qs(urlsplit(link).query)
        return signed["X-Amz-Date"][0], signed["X-Amz-Signature"][0]

    for _ in range(20):  # the second may end between the two
        got, asked = signature_of("get"), signature_of("head")
        if got[0] == asked[0]:
            break
    assert (got[0], got[1] != asked[1]) == (asked[0], True)
    assert AuditEntry.objects.count() == 1


def test_the_page_lets_the_browser_go_there(
    bob_client: Client, conversation: Conversation, server: str
) -> None:
    page = bob_client.get(f"/org/acme/conversations/{conversation.id}")
    assert f"media-src 'self' {server}" in page["Content-Security-Policy"]
    other = bob_client.get("/org/acme/conversations")
    assert server not in other["Content-Security-Policy"]
