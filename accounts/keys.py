"""The text of an API key: how it is made, and how a typo is told from an unknown key.

`zelto_` + 43 base62 characters + the CRC32 of all that precedes as 6 base62 digits.
"""

import hashlib
import re
import secrets
import string
import zlib

ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase
PREFIX = "zelto_"
RANDOM_LENGTH = 43  # 62 ** 43 > 2 ** 256
CHECKSUM_LENGTH = 6  # 62 ** 6 > 2 ** 32
SHOWN_PREFIX_LENGTH = 10
SHOWN_SUFFIX_LENGTH = 4
_SHAPE = re.compile(
    rf"{PREFIX}[0-9A-Za-z]{{{RANDOM_LENGTH + CHECKSUM_LENGTH}}}", re.ASCII
)


def generate_key() -> str:
    """Return the text of a new key of 256 random bits; it is stored nowhere."""
    random_part = "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_LENGTH))
    return PREFIX + random_part + checksum(PREFIX + random_part)


def checksum(text: str) -> str:
    """Return the CRC32 of `text` as six base62 digits."""
    number = zlib.crc32(text.encode())
    digits = []
    for _ in range(CHECKSUM_LENGTH):
        number, digit = divmod(number, 62)
        digits.append(ALPHABET[digit])
    return "".join(reversed(digits))


def is_well_formed(text: str) -> bool:
    """Tell whether the text has a key's shape and its checksum fits, without a query."""
    if not _SHAPE.fullmatch(text):
        return False
    return checksum(text[:-CHECKSUM_LENGTH]) == text[-CHECKSUM_LENGTH:]


def without_keys(text: str) -> str:
    """Return `text` with any key in it masked: people paste keys where names belong."""
    return _SHAPE.sub(
        lambda key: f"{key[0][:SHOWN_PREFIX_LENGTH]}…{key[0][-SHOWN_SUFFIX_LENGTH:]}",
        text,
    )


def digest(text: str) -> bytes:
    """Return the SHA-256 of a key, 32 bytes, which is stored in place of the key."""
    return hashlib.sha256(text.encode()).digest()
