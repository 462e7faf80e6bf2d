"""The page of an organization's recording store."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from django.test import Client

from accounts.models import AuditEntry, Organization
from conversations.models import RecordingStore

URL = "/org/acme/settings/integrations/recording-store"
FILLED = {
    "endpoint": "https://minio.example.com:9000/",
    "bucket": "calls",
    "region": "",
    "access_key": "AKIA",
    "secret": "very-hidden",
    "is_path_style": "on",
}


def stored() -> RecordingStore:
    return RecordingStore.objects.get()


def said(client: Client, form: Mapping[str, str]) -> str:
    response = client.post(URL, form)
    assert response.status_code == 200
    return response.content.decode()


def test_an_admin_sets_the_store(dora_client: Client, organization: Organization):
    assert dora_client.post(URL, FILLED).status_code == 302
    assert (stored().base, stored().secret) == (
        "https://minio.example.com:9000",
        "very-hidden",
    )
    page = dora_client.get(URL).content.decode()
    assert "calls at https://minio.example.com:9000" in page
    assert "very-hidden" not in page
    entry = AuditEntry.objects.get(action="recording_store.set")
    assert "very-hidden" not in str(entry.detail)


def test_an_empty_secret_keeps_the_one_that_is_stored(
    dora_client: Client, organization: Organization
):
    dora_client.post(URL, FILLED)
    dora_client.post(URL, FILLED | {"secret": "", "bucket": "others"})
    assert (stored().bucket, stored().secret) == ("others", "very-hidden")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"secret": ""}, "Enter the secret access key."),
        ({"bucket": "a/b"}, "This is no name of a bucket."),
        ({"endpoint": "minio:9000"}, "Begin with https://"),
        ({"endpoint": "ftp://minio"}, "Begin with https://"),
        ({"endpoint": "https://minio/calls"}, "the bucket has a field of its own"),
        ({"endpoint": "https://a:b@minio"}, "Only the server belongs here"),
        ({"access_key": ""}, "This field is required."),
    ],
)
def test_what_does_not_fit_says_so(
    dora_client: Client, organization: Organization, wrong: dict[str, str], words: str
):
    page = said(dora_client, FILLED | wrong)
    assert words in page
    assert not RecordingStore.objects.exists()


def test_the_store_is_removed(dora_client: Client, organization: Organization):
    dora_client.post(URL, FILLED)
    assert dora_client.post(f"{URL}/remove").status_code == 302
    assert not RecordingStore.objects.exists()
    assert AuditEntry.objects.filter(action="recording_store.removed").exists()
    assert dora_client.post(f"{URL}/remove").status_code == 302


def test_members_and_outsiders_do_not_get_there(
    bob_client: Client,
    charlie_client: Client,
    client: Client,
    organization: Organization,
):
    for method in ("get", "post"):
        assert getattr(bob_client, method)(URL).status_code == 403
        assert getattr(charlie_client, method)(URL).status_code == 404
        assert getattr(client, method)(URL).status_code == 302
    assert bob_client.post(f"{URL}/remove").status_code == 403
    assert charlie_client.post(f"{URL}/remove").status_code == 404
