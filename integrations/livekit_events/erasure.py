"""Erasing what LiveKit's events told of a conversation that is erased."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from conversations.models import Conversation
from integrations.models import (
    ExpectedSession,
    LiveKitEgress,
    LiveKitEvent,
    LiveKitRoom,
)

# Events come within minutes of what they tell; those of recordings a little later.
BEFORE, AFTER = timedelta(minutes=10), timedelta(hours=2)


def erase_told(conversation: Conversation) -> int:
    """Delete the events of the rooms in which a conversation was, and what they said of
    the caller and of recordings; return how many events went. That there was a session,
    and when, is kept.

    For the transaction of the erasure, before the conversation is deleted.
    """
    sessions = ExpectedSession.objects.filter(conversation=conversation)
    erased = 0
    for session in sessions.exclude(room_sid=""):
        of_room = Q(project_id=session.project_id, room_sid=session.room_sid)
        LiveKitRoom.objects.filter(
            project_id=session.project_id, sid=session.room_sid
        ).update(caller_number="", caller_name="", sip_call_id="", undecided={})
        LiveKitEgress.objects.filter(of_room).update(files=[], error="")
        erased += _delete_events(session)
    return erased


def _delete_events(session: ExpectedSession) -> int:
    began = session.started_at or session.created_at
    ended = session.ended_at or timezone.now()
    events = LiveKitEvent.objects.filter(
        project_id=session.project_id,
        received_at__gte=began - BEFORE,
        received_at__lte=ended + AFTER,
    ).extra(
        where=["position(%s::bytea in body) > 0"], params=[session.room_sid.encode()]
    )
    deleted, _ = events.delete()
    return deleted
