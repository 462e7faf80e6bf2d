"""Forms of LiveKit projects. None of them shows a secret again."""

from __future__ import annotations

from typing import Any

from django import forms

from accounts.forms import NameField
from integrations.models import LiveKitProject
from integrations.models.livekit_project import MAX_GRACE_MINUTES

MAX_SECRET_CHARACTERS = 512
SAME_TEXT = "This is the API key once more: the secret is the longer one beside it."


class ApiKeyField(NameField):
    """The API key of a LiveKit project: its public half."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            label="API key",
            max_length=100,
            widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
            **options,
        )


class SecretField(forms.CharField):
    """The secret of an API key: typed blindly, and never written into a page."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            label="API secret",
            max_length=MAX_SECRET_CHARACTERS,
            widget=forms.PasswordInput(
                {"autocomplete": "new-password", "spellcheck": "false"},
                render_value=False,
            ),
            **options,
        )


class ProjectNameField(NameField):
    """What people call a project."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            label="Name",
            max_length=100,
            widget=forms.TextInput({"autocomplete": "off"}),
            **options,
        )


class CredentialForm(forms.Form):
    """An API key with its secret."""

    api_key = ApiKeyField()
    secret = SecretField()

    def clean(self) -> dict[str, Any]:
        """Refuse a secret that is the API key."""
        cleaned = super().clean() or {}
        if cleaned.get("secret") and cleaned.get("secret") == cleaned.get("api_key"):
            self.add_error("secret", SAME_TEXT)
        return cleaned


class AddProjectForm(CredentialForm):
    """A project that is to be watched."""

    name = ProjectNameField()
    field_order = ("name", "api_key", "secret")


class SecretForm(forms.Form):
    """Another secret of an API key."""

    secret = SecretField()


class ProjectForm(forms.Form):
    """What can be changed of a project."""

    name = ProjectNameField()
    grace_minutes = forms.IntegerField(
        label="Minutes of grace", min_value=1, max_value=MAX_GRACE_MINUTES
    )


def project_form(project: LiveKitProject) -> ProjectForm:
    """Return the form of a project as it is."""
    return ProjectForm(
        initial={"name": project.name, "grace_minutes": project.grace_minutes}
    )
