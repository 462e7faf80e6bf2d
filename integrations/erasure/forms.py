"""The forms in which people confirm that they erase."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from conversations.models import Conversation


class EraseManyForm(forms.Form):
    """Asks for the word `erase` and the number: nobody types many references."""

    word = forms.CharField(
        label="Confirmation",
        error_messages={"required": "Type the words above."},
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "class": "z-mono"}
        ),
    )

    def __init__(self, *args: Any, count: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.words = f"erase {count}"

    def clean_word(self) -> str:
        """Return what was typed, whatever its case and spaces.

        Raises:
            ValidationError: these are not the words.
        """
        typed = str(self.cleaned_data["word"])
        if typed.lower().split() != self.words.split():
            raise ValidationError(f"These are not the words. Type {self.words}.")
        return typed


class EraseForm(forms.Form):
    """Asks for the reference of the conversation: nobody erases by one click."""

    reference = forms.CharField(
        label="Reference",
        error_messages={"required": "Type the reference of this conversation."},
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "spellcheck": "false", "class": "z-mono"}
        ),
    )

    def __init__(self, *args: Any, conversation: Conversation, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.conversation = conversation

    def clean_reference(self) -> str:
        """Return what was typed.

        Raises:
            ValidationError: this is not the reference.
        """
        # Runs of spaces are shown as one, so they cannot be typed as they are.
        typed = str(self.cleaned_data["reference"])
        if typed.split() != self.conversation.external_id.split():
            raise ValidationError("This is not the reference of this conversation.")
        return typed
