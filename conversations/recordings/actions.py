"""What people do to recordings."""

from __future__ import annotations

from django.db import transaction

from accounts.models import User
from conversations.models import Conversation, Recording
from conversations.recordings import wakeup


def retry_recording(*, recording: Recording, by: User) -> bool:
    """Fetch it again from the beginning, now; return whether there is something to
    fetch: not while a worker is at it, nor where it is here or was uploaded.

    by: who wants it. No entry in the audit log: nothing is read or changed by it.
    """
    State = Recording.State
    rested = Recording.objects.filter(
        pk=recording.pk, state__in=[State.FAILED, State.WAITING]
    ).exclude(source_url="")
    with transaction.atomic():
        Conversation.objects.lock(recording.pk)
        wanted = rested.update(
            **Recording.afresh(), fetched_bytes=0, expected_bytes=None
        )
        if wanted:
            Conversation.objects.filter(pk=recording.pk).touch()
            transaction.on_commit(wakeup.wake_worker)
    return bool(wanted)
