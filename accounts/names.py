"""What people, organizations and keys may be called."""

from __future__ import annotations

from django.core.exceptions import ValidationError

from web.storable_text import has_control_characters, is_storable


def validate_one_line(value: str) -> None:
    """Refuse a name with control characters: it appears in subjects of mails, logs and
    lists.

    Raises:
        ValidationError: the name has a control character or an unpaired surrogate.
    """
    if has_control_characters(value) or not is_storable(value):
        raise ValidationError("A name is one line, without control characters.")
