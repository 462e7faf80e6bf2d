"""Signatures of webhooks as Standard Webhooks has them, version 1.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Iterable

PREFIX = "whsec_"
MIN_SECRET_BYTES, MAX_SECRET_BYTES = 24, 64
NEW_SECRET_BYTES = 32


def new_secret() -> str:
    """Return a new signing secret."""
    random = secrets.token_bytes(NEW_SECRET_BYTES)
    return PREFIX + base64.b64encode(random).decode("ascii")


def is_secret(text: str) -> bool:
    """Tell whether it is a signing secret: `whsec_` and 24 to 64 bytes as base64."""
    try:
        key = _key(text)
    except ValueError:
        return False
    return MIN_SECRET_BYTES <= len(key) <= MAX_SECRET_BYTES


def signed_headers(
    message_id: str, timestamp: int, body: bytes, secrets: Iterable[str]
) -> dict[str, str]:
    """Return the three headers; a signature for each secret.

    timestamp: of this try, in seconds since 1970.
    """
    signed = f"{message_id}.{timestamp}.".encode() + body
    signatures = [
        base64.b64encode(hmac.digest(_key(secret), signed, hashlib.sha256))
        for secret in secrets
    ]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(f"v1,{one.decode()}" for one in signatures),
    }


def _key(text: str) -> bytes:
    """Return the bytes of a secret.

    Raises:
        ValueError: it is none.
    """
    if not text.startswith(PREFIX):
        raise ValueError("It has another beginning.")
    try:
        return base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        raise ValueError("It is no base64.") from None
