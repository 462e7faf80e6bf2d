"""`POST /v1/conversations` with a recording, or a body, that is packed."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable

import pytest
from django.test import Client, override_settings

from conversations.models import Recording
from conversations.recordings.files import recordings_storage
from tests.api.conftest import Api
from tests.api.rest.test_upload import CALL, TYPE, body_of, multipart, sound, upload
from tests.conversations.object_store.framing import framed
from tests.integrations.uploads.test_upload_page import send

__all__ = ["sound"]

pytestmark = pytest.mark.django_db(transaction=True)


def stored() -> bytes:
    with recordings_storage().open(Recording.objects.get().file) as kept:
        return bytes(kept.read())


@pytest.mark.parametrize(
    "pack",
    [gzip.compress, framed, lambda body: gzip.compress(gzip.compress(body))],
)
def test_a_packed_file_is_kept_as_the_audio_it_is(
    api: Api, sound: bytes, pack: Callable[[bytes], bytes]
) -> None:
    assert upload(api, body_of(pack(sound))).status_code == 202
    assert stored() == sound
    assert Recording.objects.get().size == len(sound)


def test_a_person_may_upload_a_gz(dora_client: Client, sound: bytes) -> None:
    response = send(dora_client, gzip.compress(sound), new_agent="desk")
    assert response.status_code == 302
    assert stored() == sound


def test_what_unpacks_to_too_much_is_refused(api: Api) -> None:
    bomb = gzip.compress(bytes(2_000_000))
    with override_settings(MAX_AUDIO_BYTES=1_000_000):
        response = upload(api, body_of(bomb))
    assert response.status_code == 413
    assert response.json()["detail"] == (
        "Unpacked the file is over the limit of 1,000,000 bytes."
    )
    assert not Recording.objects.exists()


@pytest.mark.parametrize("label", ["gzip", "x-gzip", "utf-8", ""])
def test_a_body_may_be_compressed_as_a_whole(
    api: Api, sound: bytes, label: str
) -> None:
    headers = {"Content-Encoding": label} if label else {}
    response = api.ask(
        "POST",
        "/v1/conversations",
        data=gzip.compress(body_of(sound)),
        content_type=TYPE,
        headers=headers,
    )
    assert response.status_code == 202
    assert stored() == sound


@pytest.mark.parametrize(
    "label", ["aws-chunked", "identity", "utf-8", "gzip", "multipart/form-data"]
)
def test_a_label_of_the_body_changes_nothing(
    api: Api, sound: bytes, label: str
) -> None:
    response = api.ask(
        "POST",
        "/v1/conversations",
        data=body_of(sound),
        content_type=TYPE,
        headers={"Content-Encoding": label},
    )
    assert response.status_code == 202
    assert stored() == sound


def test_a_compressed_body_has_the_limits_of_another(api: Api) -> None:
    call = json.dumps(CALL).encode()
    bomb = multipart(("file", bytes(3_000_000), True), ("call", call, False))
    with override_settings(MAX_AUDIO_BYTES=1_000_000, MAX_BODY_BYTES=1_000_000):
        response = upload(api, gzip.compress(bomb))
    assert response.status_code == 413


@pytest.mark.parametrize("spoil", [lambda body: body[:-20], lambda body: body[:500]])
def test_a_torn_compressed_body_is_refused(
    api: Api, sound: bytes, spoil: Callable[[bytes], bytes]
) -> None:
    response = upload(api, spoil(gzip.compress(body_of(sound))))
    assert response.status_code == 400
    assert not Recording.objects.exists()


def test_one_that_the_storage_spoils_is_not_said_to_be_stored(
    api: Api, sound: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = type(recordings_storage())
    monkeypatch.setattr(storage, "size", lambda self, name: len(sound) + 1)
    response = upload(api, body_of(sound))
    assert response.status_code == 503
    assert response.json()["detail"] == (
        f"The storage has {len(sound) + 1:,} bytes of its {len(sound):,}. "
        "Send it again."
    )
    assert not Recording.objects.exclude(file="").exists()
