"""What people, organizations and keys may be called."""

from __future__ import annotations

import unicodedata

from django.core.exceptions import ValidationError


def validate_one_line(value: str) -> None:
    """Names appear in the subjects of mails, in logs and in lists."""
    # Control characters, and halves of a character that no database can hold.
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in value):
        raise ValidationError("A name is one line, without control characters.")
