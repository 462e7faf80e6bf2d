"""Helpers of the tests of fetched recordings."""

from __future__ import annotations

from conversations.models import Recording
from conversations.recordings import incoming
from conversations.recordings.fetch_worker import fetch_until_none_is_due
from conversations.recordings.files import recordings_storage

SECRET = "X-Amz-Signature=5ecre7"


def after_a_try(recording: Recording) -> Recording:
    """Fetch what is due, and return the recording as it is then; no incoming file may
    be left.
    """
    fetch_until_none_is_due()
    recording.refresh_from_db()
    assert not list(incoming.folder().iterdir())
    return recording


def stored_bytes(recording: Recording) -> bytes:
    """Return the stored audio of a recording."""
    with recordings_storage().open(recording.file) as file:
        content: bytes = file.read()
        return content
