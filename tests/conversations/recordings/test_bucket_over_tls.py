"""A bucket whose server shows a certificate of an authority of the operator's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from ssl import SSLContext

import boto3
import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages
from django.test import override_settings
from moto.server import ThreadedMotoServer

from tests.conversations.conftest import Want
from tests.conversations.recordings.far_server import FarServer, answer
from tests.conversations.recordings.fetches import after_a_try
from tests.private_authority import PrivateAuthority
from tests.tls_front import TlsFront
from web.outgoing.certificate_faults import certificate_fault
from zelto import recording_config

BUCKET = "zelto-private"
Open = Callable[..., Storage]


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Return the port of a server of S3 that speaks plain HTTP, and has the bucket."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        port = server.get_host_and_port()[1]
        client = boto3.client(
            "s3",
            endpoint_url=f"http://127.0.0.1:{port}",
            region_name="us-east-1",
            aws_access_key_id="access",
            aws_secret_access_key="secret",
        )
        client.create_bucket(Bucket=BUCKET)
        yield port
    finally:
        server.stop()


@pytest.fixture
def authority(tmp_path: Path) -> PrivateAuthority:
    return PrivateAuthority(tmp_path)


@pytest.fixture
def open_bucket(
    port: int, far_server: FarServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Open]:
    """Return `open_bucket(context, bundle=file)`, the storage by settings alone.

    far_server: has settings of its own, which must be taken back after these.
    """
    with ExitStack() as stack:

        def start(context: SSLContext, bundle: Path | str = "") -> Storage:
            front = stack.enter_context(TlsFront(port, context))
            for name, value in {
                "ZELTO_S3_BUCKET": BUCKET,
                "ZELTO_S3_REGION": "us-east-1",
                "ZELTO_S3_ACCESS_KEY": "access",
                "ZELTO_S3_SECRET_KEY": "secret",
                "ZELTO_S3_ENDPOINT": f"https://127.0.0.1:{front.port}",
                "ZELTO_CA_BUNDLE": str(bundle),
            }.items():
                monkeypatch.setenv(name, value)
            recordings = recording_config.recording_storage(tmp_path / "data")
            changed = settings.STORAGES | {"recordings": recordings}
            stack.enter_context(override_settings(STORAGES=changed))
            return storages["recordings"]

        yield start


def test_with_the_setting_files_go_there_and_come_back(
    authority: PrivateAuthority, open_bucket: Open
) -> None:
    bucket = open_bucket(authority.server(), authority.file)
    name = bucket.save("a/b.ogg", ContentFile(b"audio"))
    with bucket.open(name) as file:
        assert file.read() == b"audio"
    bucket.delete(name)
    assert not bucket.exists(name)


@pytest.mark.parametrize(
    ("names", "days", "trusts", "said"),
    [
        ((), {}, False, "ZELTO_CA_BUNDLE"),
        (("files.example.com",), {}, True, "is for another name"),
        ((), {"from_day": -9, "to_day": -2}, True, "has expired"),
    ],
)
def test_another_certificate_is_refused(
    names: tuple[str, ...],
    days: dict[str, int],
    trusts: bool,
    said: str,
    authority: PrivateAuthority,
    open_bucket: Open,
) -> None:
    bundle = authority.file if trusts else ""
    bucket = open_bucket(authority.server(*names, **days), bundle)
    with pytest.raises(Exception, match="SSL validation failed") as error:
        bucket.save("a/b.ogg", ContentFile(b"audio"))
    assert said in certificate_fault(error.value)


@pytest.mark.django_db(transaction=True)
def test_a_recording_says_why_it_could_not_be_kept(
    authority: PrivateAuthority,
    open_bucket: Open,
    far_server: FarServer,
    want: Want,
    sound: bytes,
) -> None:
    open_bucket(authority.server())
    recording = after_a_try(want(far_server.says("/a.ogg", answer(sound))))
    assert recording.state == "waiting"
    assert "the storage could not be reached over TLS" in recording.last_error
    assert "ZELTO_CA_BUNDLE" in recording.last_error
