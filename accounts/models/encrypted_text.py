"""A text that the database holds encrypted, with a key made of `SECRET_KEY`."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db import models

if TYPE_CHECKING:
    BinaryField = models.BinaryField[str, str | None]
else:
    BinaryField = models.BinaryField

PURPOSE = b"zelto encrypted text 1"


class EncryptedTextField(BinaryField):
    """Holds a text that is a secret: bytes of Fernet in the database, the text here.

    What was encrypted with a key of `SECRET_KEY_FALLBACKS` is still read. A text whose
    key is gone is None: whoever needs it asks for it again.
    """

    def get_prep_value(self, value: Any) -> Any:
        if value is None:
            return None
        return super().get_prep_value(_cipher().encrypt(str(value).encode()))

    def from_db_value(self, value: Any, *_: Any) -> str | None:
        if value is None:
            return None
        try:
            return _cipher().decrypt(bytes(value)).decode()
        except InvalidToken:
            return None

    def value_to_string(self, obj: models.Model) -> str:
        raise TypeError(f"{self.name} is a secret and is not written out.")


def _cipher() -> MultiFernet:
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(_key_of(secret)) for secret in secrets])


def _key_of(secret: str | bytes) -> bytes:
    material = secret.encode() if isinstance(secret, str) else secret
    derived = HKDF(SHA256(), length=32, salt=None, info=PURPOSE).derive(material)
    return base64.urlsafe_b64encode(derived)
