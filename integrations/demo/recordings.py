"""Audio for some sessions of the demo, stored as a fetched recording is."""

from __future__ import annotations

import tempfile
from pathlib import Path

from accounts.models import Organization
from conversations.models import Conversation
from conversations.recordings.probe import read_audio
from conversations.recordings.store_audio import store_audio
from integrations.demo.plan import Plan
from integrations.demo.voices import record


def add_recordings(organization: Organization, plan: Plan) -> None:
    """Add audio to the sessions that were recorded and have none yet; may be done again
    at any time."""
    with tempfile.TemporaryDirectory() as folder:
        for (provider, external_id), slot in plan.references.items():
            session = plan.session(slot)
            if not session.is_recorded:
                continue
            conversation = (
                Conversation.objects.in_organization(organization)
                .filter(provider=provider, external_id=external_id, has_audio=False)
                .first()
            )
            if conversation is None:
                continue
            path = Path(folder) / "audio.flac"
            record(session, path)
            store_audio(
                conversation=conversation, path=path, audio=read_audio(path), claim=None
            )
