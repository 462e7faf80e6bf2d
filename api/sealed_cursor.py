"""A place in the delivery log, or among changes, as a cursor that discloses nothing of it.

The log's sequence counts the posts of all organizations, so it must not be disclosed.
What is sealed is authenticated and the same each time: a keyed digest of place and
organization, and the place under a stream that is keyed with that digest (SIV, RFC
5297, with HMAC-SHA256 in the place of AES).
"""

from __future__ import annotations

import base64
import binascii
import hmac
from uuid import UUID

from django.utils.crypto import salted_hmac

PLACE_BYTES = 8
DIGEST_BYTES = 16


class BrokenSeal(ValueError):
    """A cursor that was not made here, or not for this organization and list."""


def seal(place: int, organization_id: UUID, *, of: str = "") -> str:
    """Return the cursor of a place, which is at least 0 and below 2**63.

    of: the list that it leads on in, where not the log; no other takes it.
    """
    plain = place.to_bytes(PLACE_BYTES)
    digest = _digest(plain, organization_id, of)
    sealed = digest + _crossed(plain, digest)
    return base64.urlsafe_b64encode(sealed).decode().rstrip("=")


def unseal(cursor: str, organization_id: UUID, *, of: str = "") -> int:
    """Return the place of a cursor.

    Raises:
        BrokenSeal: the cursor was not made here, or not for this.
    """
    try:
        sealed = base64.b64decode(cursor + "==", altchars=b"-_", validate=True)
    except (ValueError, binascii.Error) as error:
        raise BrokenSeal(cursor) from error
    digest, crossed = sealed[:DIGEST_BYTES], sealed[DIGEST_BYTES:]
    if len(crossed) != PLACE_BYTES:
        raise BrokenSeal(cursor)
    plain = _crossed(crossed, digest)
    if not hmac.compare_digest(digest, _digest(plain, organization_id, of)):
        raise BrokenSeal(cursor)
    return int.from_bytes(plain)


def _digest(plain: bytes, organization_id: UUID, of: str) -> bytes:
    sealed = plain + organization_id.bytes + of.encode()
    return _keyed("digest", sealed)[:DIGEST_BYTES]


def _crossed(text: bytes, digest: bytes) -> bytes:
    stream = _keyed("stream", digest)[:PLACE_BYTES]
    return bytes(one ^ other for one, other in zip(text, stream, strict=True))


def _keyed(purpose: str, value: bytes) -> bytes:
    salt = f"api.sealed_cursor.{purpose}"
    return salted_hmac(salt, value, algorithm="sha256").digest()
