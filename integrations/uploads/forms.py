"""The form by which a person uploads a recording, and the handler of its file."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, StopUpload
from django.template.defaultfilters import filesizeformat

from accounts.models import Organization
from accounts.names import validate_one_line
from conversations.models import Agent
from conversations.recordings.incoming import new_incoming_file
from integrations.problems import Refusal

# Nobody finds one in a menu of more.
MAX_AGENTS = 500
# The choice of an agent that is not in the list.
NEW = "new"
CHANNELS = [
    ("usual", "As Zelto is set up"),
    ("user,agent", "Caller left, agent right"),
    ("agent,user", "Agent left, caller right"),
]
# Which field a fault of the call is shown at.
FIELD_OF = {
    "file": "file",
    "call.externalId": "reference",
    "agent": "new_agent",
    "agent.externalId": "new_agent",
    "agentId": "agent",
}


class UploadForm(forms.Form):
    """Asks for the file, its agent, a reference, and who is on which channel."""

    file = forms.FileField(
        label="Recording",
        error_messages={
            "required": "Choose a file.",
            "empty": "This file is empty. Choose another one.",
        },
        widget=forms.FileInput(attrs={"accept": "audio/*,video/*"}),
    )
    agent = forms.ChoiceField(label="Agent", initial=NEW)
    new_agent = forms.CharField(
        label="Id of a new agent",
        required=False,
        max_length=255,
        validators=[validate_one_line],
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text="Your own id of it, where the agent is not in the list.",
    )
    reference = forms.CharField(
        label="Reference",
        required=False,
        max_length=255,
        validators=[validate_one_line],
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text="Your own id of the call. Under one that was uploaded before, the "
        "audio is replaced. Made up where empty.",
    )
    channels = forms.ChoiceField(label="Who is where, in stereo", choices=CHANNELS)

    def __init__(self, *args: Any, organization: Organization, **options: Any) -> None:
        super().__init__(*args, **options)
        agents = (
            Agent.objects.in_organization(organization)
            .not_merged()
            .defer("description")
            .in_service_first()[:MAX_AGENTS]
        )
        choices = [(str(one.pk), one.display_name[:80]) for one in agents]
        self.fields["agent"].choices = [(NEW, "A new one"), *choices]  # type: ignore[attr-defined]
        limit = filesizeformat(settings.MAX_AUDIO_BYTES)
        self.fields[
            "file"
        ].help_text = f"wav, mp3, m4a, ogg, webm, flac and more, at most {limit}."

    def clean(self) -> dict[str, Any]:
        """Return the cleaned values; a new agent needs an id."""
        cleaned = super().clean() or self.cleaned_data
        is_new = cleaned.get("agent") == NEW
        if is_new and not cleaned.get("new_agent") and "new_agent" not in self.errors:
            self.add_error("new_agent", "Name the agent, or choose one.")
        return cleaned

    def call(self) -> bytes:
        """Return the body of the call as a program would send it: JSON in UTF-8."""
        found = self.cleaned_data
        reference = found["reference"] or f"upload-{secrets.token_hex(6)}"
        body: dict[str, Any] = {"call": {"externalId": reference}}
        if found["agent"] == NEW:
            body["agent"] = {"externalId": found["new_agent"]}
        else:
            body["agentId"] = found["agent"]
        if "," in found["channels"]:
            body["metadata"] = {"channels": found["channels"].split(",")}
        return json.dumps(body, ensure_ascii=False).encode()

    def path(self) -> Path:
        """Return where the file is on disk until the request ends."""
        return Path(self.cleaned_data["file"].file.name)

    def refuse(self, refusal: Refusal) -> None:
        """Show a refusal at the field that is at fault, or above the form."""
        field = next(
            (
                FIELD_OF[one["path"]]
                for one in refusal.errors
                if one["path"] in FIELD_OF
            ),
            None,
        )
        self.add_error(field, refusal.detail)


class IncomingFileHandler(FileUploadHandler):
    """Writes the file to disk as it arrives, at most `MAX_AUDIO_BYTES` of it.

    is_too_large: whether it was longer; failure: why it could not be written. Then the
    form gets no file, and the rest of the body is read for nothing: a browser that is
    cut off shows nothing of the answer.
    """

    def __init__(self) -> None:
        super().__init__()
        self.is_too_large = False
        self.failure: OSError | None = None
        self.incoming: IO[bytes] | None = None

    def new_file(self, *args: Any, **options: Any) -> None:
        """Open the file on disk.

        Raises:
            StopUpload: it cannot be written.
        """
        super().new_file(*args, **options)
        with self._noting_a_failure():
            self.incoming = new_incoming_file()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Write a chunk.

        start: bytes before it.

        Raises:
            StopUpload: the file is too large, or cannot be written.
        """
        assert self.incoming is not None  # noqa: S101 - `new_file` was first
        if start + len(raw_data) > settings.MAX_AUDIO_BYTES:
            self.is_too_large = True
            self._drop()
            raise StopUpload(connection_reset=False)
        with self._noting_a_failure():
            self.incoming.write(raw_data)

    def file_complete(self, file_size: int) -> UploadedFile[bytes]:
        """Return the file, rewound, for the form.

        Raises:
            StopUpload: it cannot be written.
        """
        assert self.incoming is not None  # noqa: S101 - `new_file` was first
        with self._noting_a_failure():
            self.incoming.seek(0)  # which writes what is left
        return UploadedFile(
            file=self.incoming,
            name=self.file_name,
            content_type=self.content_type,
            size=file_size,
        )

    def upload_interrupted(self) -> None:
        """Delete the file, which nobody will read."""
        self._drop()

    @contextmanager
    def _noting_a_failure(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.failure = error
            self._drop()
            raise StopUpload(connection_reset=False) from error

    def _drop(self) -> None:
        if self.incoming is not None:
            # What is left to write fails once more, and is of no use: the file goes.
            with suppress(OSError):
                self.incoming.close()
