"""Forms of the settings pages."""

from __future__ import annotations

from typing import Any

from django import forms

from accounts.forms import CreateKeyForm
from accounts.models import ApiKey


class UploadUrlForm(CreateKeyForm):
    """A key for LiveKit's own upload, and the agent that its URL names, if any."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        # Beside the form of any other key on the same page.
        options = {
            "auto_id": "upload-%s",
            "initial": {"name": "LiveKit upload"},
        } | options
        super().__init__(*arguments, **options)
        self.fields["scope"].required = False
        self.fields["name"].label = "Name of the key"

    agent = forms.CharField(
        label="Agent's id",
        required=False,
        max_length=255,
        widget=forms.TextInput({"autocomplete": "off", "placeholder": "front-desk"}),
    )

    def clean_scope(self) -> str:
        """Return the scope of a key in an address, whatever was sent."""
        return str(ApiKey.Scope.INGEST)

    def clean_agent(self) -> str:
        """Return the id.

        Raises:
            ValidationError: a part of an address cannot have it.
        """
        agent: str = self.cleaned_data["agent"]
        if "/" in agent or agent in (".", "..", "observability"):
            raise forms.ValidationError(
                "An id in an address has no slash, and is no dots alone."
            )
        return agent

    def key_values(self) -> dict[str, Any]:
        """Return what `create_key` takes."""
        return {
            name: value for name, value in self.cleaned_data.items() if name != "agent"
        }
