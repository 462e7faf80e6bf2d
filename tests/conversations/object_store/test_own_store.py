"""Addresses of objects in an organization's recording store."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import botocore.auth
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from django.db import connection
from django.test import override_settings

from accounts.models import Organization
from conversations.models import Recording, RecordingStore
from conversations.object_store.own_store import (
    SecretUnreadable,
    key_in,
    signed_address,
)
from tests.conversations.conftest import MakeConversation
from tests.conversations.recordings.far_server import FarServer, answer
from tests.conversations.recordings.fetches import after_a_try, stored_bytes

NOW = datetime(2026, 11, 28, 14, 2, tzinfo=UTC)
MINIO = "https://minio.example.com:9000"


def store(**fields: Any) -> RecordingStore:
    fields = {"bucket": "calls", "access_key": "AKIA", "secret": "hidden"} | fields
    return RecordingStore(**fields)


@pytest.mark.parametrize(
    ("address", "fields", "key"),
    [
        # As livekit/storage writes them: Amazon's, with and without a region in ours.
        ("https://calls.s3.amazonaws.com/a/b.ogg", {}, "a/b.ogg"),
        ("https://calls.s3.amazonaws.com/b.ogg", {"region": "eu-central-1"}, "b.ogg"),
        ("https://s3.eu-west-1.amazonaws.com/calls/b.ogg", {}, "b.ogg"),
        # An endpoint with its scheme, without path style: the scheme is in the middle.
        (f"https://calls.{MINIO}/a/b.ogg", {"endpoint": MINIO}, "a/b.ogg"),
        (f"{MINIO}/calls/a/b.ogg", {"endpoint": MINIO}, "a/b.ogg"),
        ("https://calls.minio.example.com:9000/b.ogg", {"endpoint": MINIO}, "b.ogg"),
        ("https://CALLS.minio.example.com/b.ogg", {"endpoint": MINIO}, None),
        ("s3://calls/a/b.ogg", {}, "a/b.ogg"),
        # Keys as they are, and encoded ones.
        ("https://calls.s3.amazonaws.com/Raum 1/ä.ogg", {}, "Raum 1/ä.ogg"),
        ("https://calls.s3.amazonaws.com/Raum%201/%C3%A4.ogg", {}, "Raum 1/ä.ogg"),
        # Of somebody else, or signed already.
        ("https://calls.s3.amazonaws.com/b.ogg?X-Amz-Signature=1", {}, None),
        ("https://other.s3.amazonaws.com/b.ogg", {}, None),
        ("https://calls.s3.amazonaws.com.example.org/b.ogg", {}, None),
        ("https://calls.s3.amazonaws.com/b.ogg", {"endpoint": MINIO}, None),
        ("https://example.org/calls/b.ogg", {"endpoint": MINIO}, None),
        ("s3://other/b.ogg", {}, None),
        ("https://calls.s3.amazonaws.com/", {}, None),
        ("file:///out/b.ogg", {}, None),
        ("b.ogg", {}, None),
    ],
)
def test_the_key_of_an_address(address: str, fields: dict[str, Any], key: str | None):
    assert key_in(store(**fields), address) == key


@pytest.mark.parametrize("key", ["a/b.ogg", "Raum 1/ä+(1)~'*!.ogg", "a//b&c=d.ogg"])
@pytest.mark.parametrize(
    "fields",
    [
        {"region": "eu-central-1"},
        {"endpoint": MINIO, "is_path_style": True},
        {"endpoint": "http://127.0.0.1:9000", "is_path_style": True},
    ],
)
def test_addresses_are_signed_as_amazons_own_library_signs_them(
    monkeypatch: pytest.MonkeyPatch, key: str, fields: dict[str, Any]
):
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: NOW)
    mine = store(**fields)
    address = signed_address(mine, key, NOW)
    request = AWSRequest("GET", address.partition("?")[0])
    signer = botocore.auth.S3SigV4QueryAuth(
        Credentials("AKIA", "hidden"), "s3", mine.signing_region, expires=3600
    )
    signer.add_auth(request)
    assert address == request.url


@pytest.mark.django_db
def test_the_secret_is_encrypted_in_the_database(organization: Organization):
    store(organization=organization).save()
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM conversations_recordingstore")
        (kept,) = cursor.fetchone()
    assert b"hidden" not in bytes(kept)
    assert RecordingStore.objects.get().secret == "hidden"
    with override_settings(SECRET_KEY="another", SECRET_KEY_FALLBACKS=[]):
        mine = RecordingStore.objects.get()
        assert mine.secret is None
        with pytest.raises(SecretUnreadable):
            signed_address(mine, "b.ogg", NOW)


def test_a_replaced_secret_key_still_reads_what_its_fallback_encrypted(
    organization: Organization, settings: Any
):
    store(organization=organization).save()
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another"
    assert RecordingStore.objects.get().secret == "hidden"


@pytest.fixture
def in_store(
    far_server: FarServer, make_conversation: MakeConversation, sound: bytes
) -> Recording:
    """Return a recording that is to be fetched, by the plain address of an object."""
    address = far_server.says("/calls/room.ogg", answer(sound))
    conversation = make_conversation(recording_url=address)
    return Recording.objects.create(conversation=conversation, source_url=address)


@pytest.mark.django_db(transaction=True)
def test_a_recording_in_the_store_is_fetched_with_its_credentials(
    organization: Organization,
    far_server: FarServer,
    in_store: Recording,
    sound: bytes,
):
    store(organization=organization, endpoint=far_server.url, is_path_style=True).save()
    recording = after_a_try(in_store)
    assert stored_bytes(recording) == sound
    assert "X-Amz-Signature=" in far_server.heads[0]
    # What is kept and shown has no signature in it.
    assert "?" not in recording.source_url


@pytest.mark.django_db(transaction=True)
def test_credentials_of_another_organization_sign_nothing(
    other_organization: Organization, far_server: FarServer, in_store: Recording
):
    store(
        organization=other_organization, endpoint=far_server.url, is_path_style=True
    ).save()
    after_a_try(in_store)
    assert "X-Amz" not in far_server.heads[0]


@pytest.mark.django_db(transaction=True)
def test_a_secret_that_cannot_be_read_is_asked_for(
    organization: Organization, far_server: FarServer, in_store: Recording
):
    store(organization=organization, endpoint=far_server.url, is_path_style=True).save()
    with override_settings(SECRET_KEY="another", SECRET_KEY_FALLBACKS=[]):
        recording = after_a_try(in_store)
    assert recording.state == Recording.State.WAITING
    assert "Enter it again" in recording.last_error
    assert far_server.connections == 0
