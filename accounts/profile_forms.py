"""Forms for one's own name and e-mail address."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from accounts.forms import NameField
from accounts.models import User


class OwnNameForm(forms.Form):
    """One's own name."""

    name = NameField(
        label="Your name", widget=forms.TextInput(attrs={"autocomplete": "name"})
    )


class OwnEmailForm(forms.Form):
    """Another e-mail address of one's own, with the current password."""

    email = forms.EmailField(
        label="E-mail",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        help_text="You log in with it, and mails go there.",
    )
    password = forms.CharField(
        label="Current password",
        strip=False,
        max_length=4096,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args: Any, user: User, **options: Any) -> None:
        super().__init__(*args, **options)
        self.user = user

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()

    def clean_password(self) -> str:
        """Return the current password.

        Raises:
            ValidationError: it is not the password of this user.
        """
        password = str(self.cleaned_data["password"])
        if not self.user.check_password(password):
            raise ValidationError("This is not your current password.")
        return password
