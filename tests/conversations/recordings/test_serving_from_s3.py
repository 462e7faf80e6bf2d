"""Recordings in a bucket are heard from there, by links that hold for minutes"""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from django.core.files.storage import Storage
from django.test import Client

from accounts.models import AuditAction, AuditEntry
from conversations.models import Conversation, Recording
from conversations.recordings import serving
from conversations.recordings.files import recordings_storage
from tests.conversations.conftest import MakeConversation, MakeRecording
from tests.conversations.object_store.test_storing_in_s3 import bucket, in_s3, server

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
    # Signing out here makes no browser forget what it keeps of another host.
    assert heard.headers["Cache-Control"] == "private, no-store"
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


def test_the_page_lets_the_browser_go_there(
    bob_client: Client, conversation: Conversation, server: str
) -> None:
    page = bob_client.get(f"/org/acme/conversations/{conversation.id}")
    assert f"media-src 'self' {server}" in page["Content-Security-Policy"]
    other = bob_client.get("/org/acme/conversations")
    assert server not in other["Content-Security-Policy"]


def test_head_needs_no_link(bob_client: Client, conversation: Conversation) -> None:
    """A link is signed for GET: a store refuses HEAD of it."""
    url = f"/org/acme/conversations/{conversation.id}/recording"
    response = bob_client.head(url, headers={"Range": "bytes=0-1"})
    recording = Recording.objects.get()
    assert response.status_code == 200
    assert response["Content-Length"] == str(recording.size)
    assert response["Content-Type"] == "audio/ogg"
    assert response["Accept-Ranges"] == "bytes"
    assert not response.content
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(("asked", "start"), [("0-", 0), ("0-1", 0), ("-2000", -2000)])
def test_a_store_gives_each_range_whole(
    bob_client: Client,
    conversation: Conversation,
    monkeypatch: pytest.MonkeyPatch,
    asked: str,
    start: int,
) -> None:
    monkeypatch.setattr(serving, "PIECE_BYTES", 1)
    recording = Recording.objects.get()
    with recordings_storage().open(recording.file) as file:
        audio = file.read()
    url = f"/org/acme/conversations/{conversation.id}/recording"
    asks = {"Range": f"bytes={asked}"}
    link = bob_client.get(url, headers=asks)["Location"]
    heard = requests.get(link, headers=asks, timeout=10)
    assert heard.status_code == 206
    assert heard.content == (audio[:2] if asked == "0-1" else audio[start:])
