"""Recordings in a bucket: a real server on loopback that speaks S3, by settings alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
import requests
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages
from django.db import transaction
from django.test import override_settings
from moto.server import ThreadedMotoServer

from conversations.models import Conversation, Recording, UnusedFile
from conversations.recordings import files
from conversations.recordings.probe import read_audio
from conversations.recordings.store_audio import store_audio
from tests.conversations.conftest import MakeConversation, Want
from tests.conversations.recordings.far_server import FarServer, answer
from tests.conversations.recordings.fetches import after_a_try, stored_bytes
from tests.conversations.recordings.sounds import write_sound
from zelto import recording_config

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("sounds_read_once"),
]
State = Recording.State
BUCKET = "zelto-recordings"
SETTINGS = {
    "ZELTO_S3_BUCKET": BUCKET,
    "ZELTO_S3_REGION": "eu-central-1",
    "ZELTO_S3_ACCESS_KEY": "access",
    "ZELTO_S3_SECRET_KEY": "secret",
}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        url = f"http://{host}:{port}"
        bucket = boto3.client(
            "s3",
            endpoint_url=url,
            region_name=SETTINGS["ZELTO_S3_REGION"],
            aws_access_key_id="access",
            aws_secret_access_key="secret",
        )
        place = {"LocationConstraint": SETTINGS["ZELTO_S3_REGION"]}
        bucket.create_bucket(Bucket=BUCKET, CreateBucketConfiguration=place)
        yield url
        # Its buckets are the process's, and would be there for the next server.
        requests.post(f"{url}/moto-api/reset", timeout=10)
    finally:
        server.stop()


@pytest.fixture
def in_s3(
    server: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Iterator[None]:
    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("ZELTO_S3_ENDPOINT", server)
    recordings = recording_config.recording_storage(tmp_path)
    with override_settings(STORAGES=settings.STORAGES | {"recordings": recordings}):
        yield


@pytest.fixture
def bucket(in_s3: None) -> Storage:
    return storages["recordings"]


def test_a_file_is_kept_there_handed_out_and_deleted(bucket: Storage) -> None:
    name = bucket.save("a/b.ogg", ContentFile(b"audio"))
    assert name == "a/b.ogg"
    assert bucket.exists(name)
    with bucket.open(name) as file:
        assert file.read() == b"audio"
    bucket.delete(name)
    assert not bucket.exists(name)


def test_the_same_name_again_is_the_same_file(bucket: Storage) -> None:
    for content in (b"half", b"audio"):
        assert bucket.save("a/same.ogg", ContentFile(content)) == "a/same.ogg"
    with bucket.open("a/same.ogg") as file:
        assert file.read() == b"audio"


def test_it_is_handed_out_by_an_address_that_ends_soon(bucket: Storage) -> None:
    bucket.save("a/handed.ogg", ContentFile(b"0123456789"))
    url = bucket.url("a/handed.ogg")
    assert "X-Amz-Algorithm=AWS4-HMAC-SHA256" in url
    assert "X-Amz-Expires=300" in url
    piece = requests.get(url, headers={"Range": "bytes=2-4"}, timeout=10)
    assert (piece.status_code, piece.content) == (206, b"234")


def test_a_recording_is_fetched_into_it(
    in_s3: None, far_server: FarServer, want: Want, sound: bytes
) -> None:
    recording = after_a_try(want(far_server.says("/a.ogg", answer(sound))))
    assert recording.state == State.DONE
    assert stored_bytes(recording) == sound
    assert not UnusedFile.objects.exists()


def test_what_takes_its_place_lets_the_old_one_go(
    bucket: Storage, make_conversation: MakeConversation, tmp_path: Path
) -> None:
    conversation = make_conversation()
    names = []
    for suffix in ("ogg", "mp3"):
        path = write_sound(tmp_path / f"a.{suffix}")
        audio = read_audio(path)
        store_audio(conversation=conversation, path=path, audio=audio, claim=None)
        names.append(Recording.objects.get().file)
    assert not bucket.exists(names[0])
    assert bucket.exists(names[1])
    with transaction.atomic():
        files.schedule_deletion_of_files(conversation)
        Conversation.objects.all().delete()
    assert not bucket.exists(names[1])
    assert not UnusedFile.objects.exists()


def test_a_bucket_that_is_away_is_tried_again(
    in_s3: None,
    far_server: FarServer,
    want: Want,
    sound: bytes,
    caplog: pytest.LogCaptureFixture,
) -> None:
    away = {**settings.STORAGES["recordings"]}
    away["OPTIONS"] = away["OPTIONS"] | {"bucket_name": "no-such-bucket"}
    recording = want(far_server.says("/a.ogg", answer(sound)))
    with override_settings(STORAGES=settings.STORAGES | {"recordings": away}):
        recording = after_a_try(recording)
    assert recording.state == State.WAITING
    assert "could not be kept" in recording.last_error
    assert recording.file == ""
    Recording.objects.update(next_try_at=None)
    assert after_a_try(recording).state == State.DONE


def test_a_bucket_with_an_object_lock_takes_it(server: str, in_s3: None) -> None:
    """It asks for a check of each body, which a server that is set gets as an MD5."""
    bucket = storages["recordings"]
    client = boto3.client(
        "s3",
        endpoint_url=server,
        region_name=SETTINGS["ZELTO_S3_REGION"],
        aws_access_key_id="access",
        aws_secret_access_key="secret",
    )
    place = {"LocationConstraint": SETTINGS["ZELTO_S3_REGION"]}
    client.create_bucket(
        Bucket="locked",
        CreateBucketConfiguration=place,
        ObjectLockEnabledForBucket=True,
    )
    retention = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}
    client.put_object_lock_configuration(
        Bucket="locked",
        ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": retention},
    )
    bucket.bucket_name = "locked"  # type: ignore[attr-defined]
    bucket.save("a/b.ogg", ContentFile(b"audio"))
    assert bucket.exists("a/b.ogg")


def test_a_large_one_is_read_piece_by_piece(bucket: Storage) -> None:
    body = bytes(range(256)) * 80_000
    bucket.save("a/large", ContentFile(body))
    pieces = list(files.pieces_of("a/large"))
    assert max(map(len, pieces)) <= 1024 * 1024
    assert b"".join(pieces) == body
