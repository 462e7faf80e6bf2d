"""Recordings in moto's server over https, by a certificate of a private authority."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
import requests
from django.core.files.base import ContentFile
from moto.moto_server.werkzeug_app import (
    DomainDispatcherApplication,
    create_backend_app,
)
from werkzeug.serving import make_server

from conversations.recordings import files
from conversations.recordings.files import recordings_storage
from tests.conversations.conftest import Want
from tests.conversations.object_store.authority import Certificates
from tests.conversations.object_store.conftest import KeptIn
from tests.conversations.recordings.far_server import FarServer, answer
from tests.conversations.recordings.fetches import after_a_try, stored_bytes

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def in_moto(certificates: Certificates, kept_in: KeptIn) -> Iterator[None]:
    server = make_server(
        "127.0.0.1",
        0,
        DomainDispatcherApplication(create_backend_app),
        threaded=True,
        ssl_context=certificates.server_context(),
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"https://127.0.0.1:{server.server_port}"
    authority = str(certificates.authority)
    try:
        boto3.client(
            "s3",
            endpoint_url=url,
            verify=authority,
            region_name="us-east-1",
            aws_access_key_id="access",
            aws_secret_access_key="secret",
        ).create_bucket(Bucket="zelto-recordings")
        with kept_in(url):
            yield
        requests.post(f"{url}/moto-api/reset", verify=authority, timeout=10)
    finally:
        server.shutdown()
        server.server_close()


def test_a_recording_is_kept_as_it_is(
    in_moto: None, far_server: FarServer, want: Want, sound: bytes
):
    recording = after_a_try(want(far_server.says("/a.ogg", answer(sound))))
    assert (recording.public_state, stored_bytes(recording)) == ("stored", sound)
    assert files.told_of(recording.file).encoding == ""


@pytest.mark.parametrize("size", [10, 20_000_000])
def test_the_tag_tells_that_it_is_the_same(in_moto: None, tmp_path: Path, size: int):
    path = tmp_path / "a"
    path.write_bytes(bytes(size))
    recordings_storage().save("a/b", ContentFile(bytes(size)))
    storage = recordings_storage()
    assert files.told_of("a/b").etag in storage.etags_of(path)  # type: ignore[attr-defined]
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    files.verify_stored("a/b", path, digest)
