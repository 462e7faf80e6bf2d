"""Forms of saved views, above the list of conversations."""

from __future__ import annotations

from django import forms

from accounts.forms import NameField
from conversations.models import SavedView


class ViewNameForm(forms.Form):
    name = NameField(
        max_length=SavedView._meta.get_field("name").max_length,
        error_messages={
            "required": "A view needs a name.",
            "max_length": "The name of a view has at most %(limit_value)s signs.",
        },
    )
    shared = forms.BooleanField(required=False)

    def first_fault(self) -> str:
        return str(next(iter(self.errors.values()))[0])
