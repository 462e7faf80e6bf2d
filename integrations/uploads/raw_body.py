"""Reading a body that is the audio itself, as it arrives: to disk, and never more of it
in memory than a piece.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import IO, Any

from django.conf import settings
from django.http import HttpRequest

from integrations.problems import Refusal
from integrations.request_body import BodyFault
from integrations.uploads.multipart import CHUNK_BYTES, file_too_large

# In a dictionary of RFC 8941, whose values are bytes in base64 between colons.
_SHA256 = re.compile(r"(?:^|,)\s*sha-256\s*=\s*:([A-Za-z0-9+/=]*):\s*(?=,|;|$)")
DIGEST_FORM = "sha-256=:<base64 of the SHA-256 of the body>:"


@dataclass(frozen=True, slots=True)
class ReceivedBody:
    """What arrived. size: bytes. sha256: hexadecimal digits."""

    size: int
    sha256: str


def is_long(request: HttpRequest) -> bool:
    """Tell whether the body may still be arriving while it is read."""
    length = request.META.get("CONTENT_LENGTH") or ""
    return not length.isdigit() or int(length) > settings.MAX_BODY_BYTES


def sha256_in(header: str | None) -> str:
    """Return the SHA-256 that a `Content-Digest` header names (RFC 9530), in hexadecimal
    digits.

    Raises:
        BodyFault: 400, it names none.
    """
    if not header:
        raise BodyFault(400, f"Send the header Content-Digest: {DIGEST_FORM}.")
    found = _SHA256.search(header)
    try:
        digest = base64.b64decode(found[1], validate=True) if found else b""
    except binascii.Error:
        digest = b""
    if len(digest) != hashlib.sha256().digest_size:
        raise BodyFault(400, f"The header Content-Digest must be {DIGEST_FORM}.")
    return digest.hex()


def receive(request: HttpRequest, file: IO[bytes] | None = None) -> ReceivedBody:
    """Read the body to its end, and write it to `file`, if any.

    Raises:
        BodyFault: 411, it has no length; 413, it is over `MAX_AUDIO_BYTES`; 400, it
            ended before its end.
        OSError: the file cannot be written.
    """  # noqa: DOC501 - a function makes it
    limit = settings.MAX_AUDIO_BYTES
    announced = int(request.META.get("CONTENT_LENGTH") or 0)
    if announced > limit:
        raise file_too_large(limit)
    source = _source(request, announced)
    digest, size = hashlib.sha256(), 0
    while piece := _next(source):
        size += len(piece)
        if size > limit:
            raise file_too_large(limit)
        digest.update(piece)
        if file is not None:
            file.write(piece)
    if size < announced:
        raise BodyFault(400, "The body ended before its Content-Length.")
    return ReceivedBody(size, digest.hexdigest())


def _source(request: HttpRequest, announced: int) -> Any:
    if announced:
        return request
    if request.META.get("wsgi.input_terminated"):
        return request.META["wsgi.input"]
    raise BodyFault(411, "Send the body with a Content-Length header.")


def _next(source: Any) -> bytes:
    try:
        return bytes(source.read(CHUNK_BYTES))
    except OSError:
        raise BodyFault(400, "The body broke off before its end.") from None


@contextmanager
def answered_at_the_end(request: HttpRequest) -> Iterator[None]:
    """Read the rest of the body where the block refuses it: most clients look for an
    answer once they have sent all, and of one that came before see a broken connection.

    Raises:
        Refusal: what the block raised, also of a `BodyFault`.
    """  # noqa: DOC501 - that one is caught
    try:
        yield
    except (BodyFault, Refusal) as fault:
        with suppress(BodyFault):
            receive(request)
        if isinstance(fault, Refusal):
            raise
        raise Refusal(fault.status, fault.detail) from fault
