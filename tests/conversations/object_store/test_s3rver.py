"""The same with the real s3rver 3.7.1, over https; it must be installed by hand:

npm install --prefix var/s3rver s3rver@3.7.1
ZELTO_S3RVER=var/s3rver  # beside pytest
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command

from conversations.models import Recording
from conversations.recordings import files
from conversations.recordings.files import recordings_storage
from tests.conversations.conftest import MakeConversation, MakeRecording, Want
from tests.conversations.object_store.authority import Certificates
from tests.conversations.object_store.conftest import KeptIn
from tests.conversations.object_store.framing import framed
from tests.conversations.recordings.far_server import FarServer, answer
from tests.conversations.recordings.fetches import after_a_try, stored_bytes

FOLDER = os.environ.get("ZELTO_S3RVER", "")
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.processes,
    pytest.mark.slow,
    pytest.mark.skipif(not FOLDER, reason="ZELTO_S3RVER names no folder with s3rver"),
]
BODY = bytes(range(256)) * 80_000


@pytest.fixture
def server(certificates: Certificates, tmp_path: Path) -> Iterator[str]:
    command = [
        *(shutil.which("node") or "node", "node_modules/s3rver/bin/s3rver.js"),
        *("--directory", str(tmp_path / "s3rver"), "--port", "0"),
        *("--address", "127.0.0.1", "--configure-bucket", "zelto-recordings"),
        *("--key", str(certificates.key), "--cert", str(certificates.certificate)),
    ]
    (tmp_path / "s3rver").mkdir()
    with subprocess.Popen(  # noqa: S603 - our own command
        command, cwd=FOLDER, stdout=subprocess.PIPE
    ) as process:
        try:
            assert process.stdout
            said = b""
            while not (found := re.search(rb"listening on \S+:(\d+)", said)):
                line = process.stdout.readline()
                assert line, said
                said += line
            yield f"https://127.0.0.1:{found[1].decode()}"
        finally:
            process.terminate()


@pytest.fixture
def in_s3rver(server: str, kept_in: KeptIn) -> Iterator[str]:
    with kept_in(server):
        yield server


def test_a_recording_is_kept_as_it_is(
    in_s3rver: str, far_server: FarServer, want: Want, sound: bytes
):
    recording = after_a_try(want(far_server.says("/a.ogg", answer(sound))))
    assert (recording.public_state, stored_bytes(recording)) == ("stored", sound)


def test_so_is_one_that_is_sent_in_parts(in_s3rver: str, tmp_path: Path):
    path = tmp_path / "large"
    path.write_bytes(BODY)
    recordings_storage().save("a/large", ContentFile(BODY))
    files.verify_stored("a/large", path, hashlib.sha256(BODY).hexdigest())
    assert b"".join(files.pieces_of("a/large")) == BODY


@pytest.fixture
def boto(in_s3rver: str, certificates: Certificates) -> Any:
    """A client as boto3 makes it by itself."""
    return boto3.client(
        "s3",
        endpoint_url=in_s3rver,
        verify=str(certificates.authority),
        region_name="us-east-1",
        aws_access_key_id="S3RVER",
        aws_secret_access_key="S3RVER",
    )


def test_it_keeps_the_frames_of_boto_as_it_is_by_itself(boto: Any):
    boto.put_object(Bucket="zelto-recordings", Key="a/b", Body=b"audio")
    assert b"".join(files.pieces_of("a/b")) == framed(b"audio")
    told = files.told_of("a/b")
    assert (told.size, told.encoding) == (len(framed(b"audio")), "aws-chunked")


@pytest.mark.parametrize("size", [2_000, 20_000_000])
def test_what_was_spoilt_there_is_repaired(
    boto: Any,
    make_conversation: MakeConversation,
    make_recording: MakeRecording,
    size: int,
):
    """Also what was sent in parts, each framed by itself."""
    recording = make_recording(make_conversation())
    body = BODY[:size]
    name = files.name_of(
        recording.conversation, hashlib.sha256(body).hexdigest(), "wav"
    )
    Recording.objects.update(file=name, size=len(body))
    boto.upload_fileobj(io.BytesIO(body), "zelto-recordings", name)
    assert files.told_of(name).size != size
    with pytest.raises(CommandError, match="1 not as they were stored"):
        call_command("check_recordings")
    call_command("check_recordings", "--repair")
    recording.refresh_from_db()
    assert stored_bytes(recording) == body
    call_command("check_recordings")
