"""Forms of the filters above lists: a form reads the address and is laid out again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError

Choices = Iterable[tuple[str, str]]

MAX_TEXT_CHARACTERS = 255
YES_OR_NO = {"true": True, "false": False}


class ListForm(forms.Form):
    """The filters of a list, as its address has them and as its page shows them.

    parameters: what the address calls a field, where not as the form does.
    """

    parameters: ClassVar[Mapping[str, str]] = {}

    def __init__(self, parameters: Mapping[str, str]) -> None:
        super().__init__(parameters, auto_id="filter-%s")

    def add_prefix(self, field_name: str) -> str:
        """Return what the address calls a field."""
        return self.parameters.get(field_name, field_name)

    @classmethod
    def read(cls, parameters: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
        """Return the values of an address by field, and what is wrong with the others.

        Nothing is fatal: what cannot be read is left out, with a sentence on it.
        """
        form = cls(parameters)
        faults = [str(fault) for faults in form.errors.values() for fault in faults]
        return form.cleaned_data, faults

    @classmethod
    def written(cls, asked: object) -> Iterator[tuple[str, str]]:
        """Yield parameters and texts of what was asked for, in the order of the form."""
        for name in cls.base_fields:
            value = getattr(asked, name, None)
            if isinstance(value, bool):
                value = str(value).lower()
            if value:
                yield cls.parameters.get(name, name), str(value)

    @property
    def carried(self) -> list[tuple[str, str]]:
        """Return the parameters that no field shows: the form sends them again."""
        shown = {field.html_name for field in self.visible_fields()}
        return [pair for pair in self.data.items() if pair[0] not in shown]

    def offer(self, name: str, choices: Choices) -> None:
        """Add what is known only when the page is shown to the menu of a field."""
        menu: Any = self.fields[name].widget
        menu.choices = [*menu.choices, *choices]


def without_unstorable(text: str) -> str:
    """Return a text without what Postgres cannot hold; nothing that is stored has it."""
    # NUL, and halves of letters.
    return text.replace("\x00", "").encode("utf-8", "ignore").decode()


class TextFilter(forms.CharField):
    """A text, cut at 255 characters. list: the id of a list of suggestions."""

    def __init__(self, label: str, *, kind: str = "text", **attributes: str) -> None:
        usual = {"class": "form-control", "autocomplete": "off"}
        usual |= {"maxlength": str(MAX_TEXT_CHARACTERS)}
        widget = forms.TextInput(usual | attributes)
        widget.input_type = kind
        super().__init__(label=label, required=False, widget=widget)

    def to_python(self, value: Any) -> str:
        """Return the text as it is looked for."""
        return without_unstorable(value or "").strip()[:MAX_TEXT_CHARACTERS]


class PickFilter(forms.ChoiceField):
    """One of some words.

    every: what the menu calls all of them.
    noun: what a word is; without it, an unknown one is left out without a sentence.
    """

    def __init__(
        self, label: str, choices: Choices, *, every: str = "Any", noun: str = ""
    ) -> None:
        offered = [("", every), *choices]
        super().__init__(label=label, required=False, choices=offered)
        self.words = [value for value, _ in offered if value]
        self.noun = noun

    def to_python(self, value: Any) -> str:
        """Return the word.

        Raises:
            ValidationError: there is no such word.
        """
        if not value or value in self.words:
            return value or ""
        if fault := self.fault_of(value):
            raise ValidationError(fault)
        return ""

    def fault_of(self, text: str) -> str:
        """Return a sentence on a word that there is not."""
        return self.noun and (
            f"There is no {self.noun} “{text[:40]}”, so it is left out. "
            f"Choose one of {', '.join(self.words)}."
        )


class FlagFilter(forms.ChoiceField):
    """Yes, no, or either."""

    def __init__(self, label: str) -> None:
        choices = [("", "Any"), ("true", "Yes"), ("false", "No")]
        super().__init__(label=label, required=False, choices=choices)

    def clean(self, value: Any) -> bool | None:
        """Return None for either, and for what is neither yes nor no."""
        return YES_OR_NO.get(value)


class IdFilter(forms.UUIDField):
    """The id of a row, from a menu that the page fills.

    every: what the menu calls all of them.
    noun: what the row is; without it, what is no id is left out without a sentence.
    """

    def __init__(self, label: str = "", *, every: str = "", noun: str = "") -> None:
        widget = forms.Select(choices=[("", every)]) if label else forms.HiddenInput()
        super().__init__(label=label, required=False, strip=False, widget=widget)
        self.noun = noun

    def to_python(self, value: Any) -> UUID | None:  # type: ignore[override]
        """Return the id.

        Raises:
            ValidationError: it is none.
        """
        if not value:
            return None
        try:
            return UUID(value)
        except ValueError as error:
            if not self.noun:
                return None
            raise ValidationError(
                f"The {self.noun} in the address is not an id, so it is left out."
            ) from error
