"""A recording is stored once the bucket has exactly the bytes that it was given."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import storages

from conversations.models import Conversation, Recording, UnusedFile
from conversations.recordings import files
from conversations.recordings.files import NotKept, recordings_storage
from conversations.recordings.probe import read_audio
from conversations.recordings.store_audio import store_audio
from tests.conversations.conftest import MakeConversation, Want
from tests.conversations.object_store.careless_bucket import CarelessBucket
from tests.conversations.recordings.far_server import FarServer, answer
from tests.conversations.recordings.fetches import after_a_try, stored_bytes
from tests.conversations.recordings.sounds import write_sound

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("sounds_read_once"),
]
State = Recording.State


def only_object(bucket: CarelessBucket) -> bytes:
    (kept,) = bucket.objects.values()
    assert not kept.encoding
    return kept.body


def test_a_server_that_knows_no_framing_is_sent_none(
    in_careless_bucket: CarelessBucket, far_server: FarServer, want: Want, sound: bytes
):
    recording = after_a_try(want(far_server.says("/a.ogg", answer(sound))))
    assert only_object(in_careless_bucket) == sound
    assert (recording.public_state, stored_bytes(recording)) == ("stored", sound)


def test_nor_where_it_is_sent_in_parts(in_careless_bucket: CarelessBucket):
    body = bytes(range(256)) * 80_000
    recordings_storage().save("a/large.wav", ContentFile(body))
    assert only_object(in_careless_bucket) == body


def test_nor_where_the_environment_wants_checksums(
    in_careless_bucket: CarelessBucket, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("AWS_REQUEST_CHECKSUM_CALCULATION", "when_supported")
    recordings_storage().save("a/b.ogg", ContentFile(b"audio"))
    assert only_object(in_careless_bucket) == b"audio"


@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"])
def test_nor_where_the_environment_names_the_server(
    in_careless_bucket: CarelessBucket, monkeypatch: pytest.MonkeyPatch, name: str
):
    monkeypatch.setenv(name, in_careless_bucket.url)
    recordings = settings.STORAGES["recordings"]
    options = recordings["OPTIONS"] | {"endpoint_url": None}
    storage = storages.create_storage(recordings | {"OPTIONS": options})
    storage.save("a/b.ogg", ContentFile(b"audio"))
    assert only_object(in_careless_bucket) == b"audio"


def test_it_is_sent_with_the_check_that_every_server_knows(
    in_careless_bucket: CarelessBucket,
):
    recordings_storage().save("a/b.ogg", ContentFile(b"audio"))
    sent = in_careless_bucket.headers[0]
    digest = hashlib.md5(b"audio", usedforsecurity=False).digest()
    assert sent["Content-MD5"] == base64.b64encode(digest).decode()
    assert "aws-chunked" not in str(sent)


def cut(body: bytes) -> bytes:
    return body[:-1]


def flipped(body: bytes) -> bytes:
    return body[:-1] + bytes([body[-1] ^ 1])


def nothing(body: bytes) -> None:
    return None


@pytest.mark.parametrize(
    ("keeps", "says"),
    [
        (cut, "The storage has {less:,} bytes of its {size:,}."),
        (flipped, "The storage has other bytes than it was given."),
        (nothing, "The storage took it, and does not have it."),
    ],
)
def test_a_spoilt_copy_is_a_failed_try_and_goes(
    in_careless_bucket: CarelessBucket,
    far_server: FarServer,
    want: Want,
    sound: bytes,
    keeps,
    says: str,
):
    in_careless_bucket.keeps = keeps
    recording = after_a_try(want(far_server.says("/a.ogg", answer(sound))))
    assert recording.state == State.WAITING
    assert (recording.file, recording.public_state) == ("", "waiting")
    reason = says.format(less=len(sound) - 1, size=len(sound))
    assert recording.last_error == (f"It was fetched and not kept as it is. {reason}")
    assert not Conversation.objects.get().has_audio
    files.delete_unused()
    assert not in_careless_bucket.objects
    assert not UnusedFile.objects.exists()
    in_careless_bucket.keeps = lambda body: body
    Recording.objects.update(next_try_at=None)
    recording = after_a_try(recording)
    assert (recording.state, recording.last_error) == (State.DONE, "")
    assert stored_bytes(recording) == sound


@pytest.mark.parametrize("etag", ["", "not-a-hash", "0" * 32, "0" * 32 + "-1"])
def test_where_the_tag_is_no_hash_the_bytes_are_read(
    in_careless_bucket: CarelessBucket,
    far_server: FarServer,
    want: Want,
    sound: bytes,
    etag: str,
):
    """As in a bucket that encrypts by a key of the customer's."""
    in_careless_bucket.etag_of = lambda body: etag
    recording = want(far_server.says("/a.ogg", answer(sound)))
    in_careless_bucket.keeps = flipped
    assert after_a_try(recording).state == State.WAITING
    in_careless_bucket.keeps = lambda body: body
    Recording.objects.update(next_try_at=None)
    assert after_a_try(recording).state == State.DONE


def test_where_the_tag_is_the_hash_nothing_is_read_back(
    in_careless_bucket: CarelessBucket, tmp_path: Path
):
    for size in (10, 20_000_000):
        path = tmp_path / "a"
        path.write_bytes(bytes(size))
        recordings_storage().save("a/b", ContentFile(bytes(size)))
        files.verify_stored("a/b", path, "no digest")
    assert not [one for one in in_careless_bucket.requests if "GET" in one]


def test_an_upload_that_is_not_kept_whole_is_not_stored(
    in_careless_bucket: CarelessBucket,
    make_conversation: MakeConversation,
    tmp_path: Path,
):
    in_careless_bucket.keeps = cut
    path = write_sound(tmp_path / "a.ogg")
    with pytest.raises(NotKept, match="bytes of its"):
        store_audio(
            conversation=make_conversation(),
            path=path,
            audio=read_audio(path),
            claim=None,
        )
    assert not Recording.objects.exists()
    assert path.exists()


def test_a_folder_that_cuts_a_file_is_found_out_too(
    far_server: FarServer, want: Want, sound: bytes, monkeypatch: pytest.MonkeyPatch
):
    storage = type(recordings_storage())
    monkeypatch.setattr(storage, "size", lambda self, name: len(sound) - 1)
    recording = after_a_try(want(far_server.says("/a.ogg", answer(sound))))
    assert recording.state == State.WAITING
    assert "bytes of its" in recording.last_error
