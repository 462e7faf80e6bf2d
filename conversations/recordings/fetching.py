"""Fetching recordings: a worker's loop."""

from __future__ import annotations

from conversations.models import Recording


def fetch_until_none_is_due() -> None:
    while (recording := Recording.claim_next()) is not None:
        fetch(recording)


def fetch(recording: Recording) -> None:
    recording.try_later("Recordings are not fetched by this version.")
