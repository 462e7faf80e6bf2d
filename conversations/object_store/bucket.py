"""Recordings in a bucket of S3, or of a server that speaks its protocol."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.utils import conditionally_calculate_md5
from storages.backends.s3 import S3Storage

from conversations.object_store.told import Told

# Of a file that is sent in parts; of one that is not, all of it is one part.
PART_BYTES = 8 * 1024 * 1024
PIECE_BYTES = 1024 * 1024
# A file that is read at once: what is over goes to the disk.
MAX_MEMORY_BYTES = 8 * 1024 * 1024
# Where the environment names another server than Amazon's.
ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")
# By itself boto frames what it sends and puts a checksum behind it. Amazon knows that;
# a server that does not keeps the frame as part of the file.
UNFRAMED = Config(
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
)


class RecordingsBucket(S3Storage):  # type: ignore[misc]
    """A storage that says what it has of a file."""

    client_config: Any

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"max_memory_size": MAX_MEMORY_BYTES} | options)
        self.transfer_config = TransferConfig(
            multipart_threshold=PART_BYTES, multipart_chunksize=PART_BYTES
        )
        if self.endpoint_url or any(map(os.environ.get, ENDPOINTS)):
            self.client_config = self.client_config.merge(UNFRAMED)

    def _create_session(self) -> Any:
        session = super()._create_session()
        # The check that every server knows, where boto sends no newer one; with an
        # object lock it is asked for.
        for operation in ("PutObject", "UploadPart"):
            session.events.register(
                f"before-call.s3.{operation}", conditionally_calculate_md5
            )
        return session

    def told(self, name: str) -> Told:
        """Return what the server says of a file.

        Raises:
            FileNotFoundError: it has none of this name.
            ClientError: it refuses.
        """
        return _told(self._ask("head_object", name))

    def pieces(self, name: str) -> Iterator[bytes]:
        """Yield a file as it is kept, a mebibyte at a time.

        Raises:
            FileNotFoundError: there is none of this name.
            ClientError: the server refuses.
        """
        with closing(self._ask("get_object", name)["Body"]) as body:
            yield from body.iter_chunks(PIECE_BYTES)

    def etags_of(self, path: Path) -> set[str]:
        """Return the tags that a server may give to this file: the MD5 of it, or of the
        MD5s of its parts. Not all do."""
        whole = _md5()
        parts: list[bytes] = []
        with path.open("rb") as file:
            for part in iter(partial(file.read, PART_BYTES), b""):
                whole.update(part)
                parts.append(_md5(part).digest())
        joined = _md5(b"".join(parts)).hexdigest()
        return {whole.hexdigest(), f"{joined}-{len(parts)}"}

    def _ask(self, operation: str, name: str) -> dict[str, Any]:
        client = self.connection.meta.client
        try:
            answer: dict[str, Any] = getattr(client, operation)(
                Bucket=self.bucket_name, Key=self._normalize_name(name)
            )
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
                raise FileNotFoundError(f"The bucket has no {name}.") from None
            raise
        return answer


def _md5(data: bytes = b"") -> Any:
    return hashlib.md5(data, usedforsecurity=False)


def _told(head: dict[str, Any]) -> Told:
    return Told(
        size=head.get("ContentLength"),
        etag=head.get("ETag", "").strip('"').lower(),
        encoding=head.get("ContentEncoding", ""),
    )
