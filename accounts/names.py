"""What people, organizations and keys may be called."""

from __future__ import annotations

import unicodedata

from django.core.exceptions import ValidationError


def validate_one_line(value: str) -> None:
    """Refuse a name with control characters: it appears in subjects of mails, logs and
    lists.

    Raises:
        ValidationError: the name has a control character or an unpaired surrogate.
    """
    # Control characters, and halves of a character that no database can hold.
    if any(unicodedata.category(character) in {"Cc", "Cs"} for character in value):
        raise ValidationError("A name is one line, without control characters.")
