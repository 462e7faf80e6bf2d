"""A mail that waits, sealed with SECRET_KEY: whoever reads the database alone, or a backup
of it, opens nothing with the link in it.

A stream of HMAC-SHA256 over a counter hides it, and another HMAC over both tells a change
(encrypt-then-MAC). Nonces are random and never used twice.
"""

from __future__ import annotations

import hmac
import secrets

from django.utils.crypto import salted_hmac

NONCE_BYTES = 16
DIGEST_BYTES = 32


class BrokenSeal(ValueError):
    """What was not sealed here, or with another SECRET_KEY."""


def seal(plain: bytes) -> bytes:
    """Return the sealed form: nonce, digest, hidden text."""
    nonce = secrets.token_bytes(NONCE_BYTES)
    hidden = _crossed(plain, nonce)
    return nonce + _digest(nonce + hidden) + hidden


def unseal(sealed: bytes) -> bytes:
    """Return what was sealed.

    Raises:
        BrokenSeal: it was changed, or sealed with another SECRET_KEY.
    """
    nonce, rest = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
    digest, hidden = rest[:DIGEST_BYTES], rest[DIGEST_BYTES:]
    if not hmac.compare_digest(digest, _digest(nonce + hidden)):
        raise BrokenSeal
    return _crossed(hidden, nonce)


def _digest(text: bytes) -> bytes:
    return _keyed("digest", text)


def _crossed(text: bytes, nonce: bytes) -> bytes:
    blocks = range((len(text) + DIGEST_BYTES - 1) // DIGEST_BYTES)
    stream = b"".join(_keyed("stream", nonce + n.to_bytes(8)) for n in blocks)
    return bytes(one ^ other for one, other in zip(text, stream, strict=False))


def _keyed(purpose: str, value: bytes) -> bytes:
    salt = f"accounts.mail.sealing.{purpose}"
    return salted_hmac(salt, value, algorithm="sha256").digest()
