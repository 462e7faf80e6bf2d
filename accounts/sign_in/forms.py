"""allauth's forms with the labels of this project."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as allauth_forms
from django.forms import Form

from accounts.forms import PASSWORD_RULES


def relabel(form: Form, **labels: str) -> None:
    """Set labels of fields by their names, and remove their placeholders."""
    for name, label in labels.items():
        field = form.fields[name]
        field.label = label
        # The label says it, and stays.
        field.widget.attrs.pop("placeholder", None)


class LoginForm(allauth_forms.LoginForm):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        relabel(self, login="E-mail", password="Password")  # noqa: S106
        self.fields["password"].help_text = ""
        self.fields["login"].widget.attrs["autocomplete"] = "username"


class ResetPasswordForm(allauth_forms.ResetPasswordForm):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        relabel(self, email="E-mail")


class ResetPasswordKeyForm(allauth_forms.ResetPasswordKeyForm):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        relabel(self, password1="New password", password2="New password, again")
        self.fields["password1"].help_text = PASSWORD_RULES


class ChangePasswordForm(allauth_forms.ChangePasswordForm):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        relabel(
            self,
            oldpassword="Current password",
            password1="New password",
            password2="New password, again",
        )
        self.fields["password1"].help_text = PASSWORD_RULES
