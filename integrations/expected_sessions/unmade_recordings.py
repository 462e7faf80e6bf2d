"""Recordings that LiveKit was to make of a conversation's room, and that Zelto cannot
have: why not.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Exists, OuterRef

from conversations.detail.missing_parts import MissingPart
from conversations.models import Conversation
from conversations.providers import Provider
from integrations.expected_sessions.supplements import COMPLETE, ON_ITS_DISK, UNDER_WAY
from integrations.models import ExpectedSession, LiveKitEgress

NAME = "No recording by egress"
# Of one room; there are few.
MAX_TOLD = 5
LIMIT_REACHED = "limit_reached"


def unmade_recordings(
    conversation: Conversation, has_recording: bool
) -> Sequence[MissingPart]:
    """Return why a conversation has none of the recordings that LiveKit made or tried to
    make of its room; nothing where it has another.
    """
    if has_recording or conversation.provider != Provider.LIVEKIT:
        return []
    of_room = ExpectedSession.objects.filter(
        conversation=conversation,
        project=OuterRef("project"),
        room_sid=OuterRef("room_sid"),
    )
    rows = LiveKitEgress.objects.filter(Exists(of_room)).exclude(room_sid="")
    ended = rows.exclude(status__in=UNDER_WAY).order_by("-ended_at", "id")[:MAX_TOLD]
    return [part for row in ended if (part := _why(row))]


def _why(egress: LiveKitEgress) -> MissingPart | None:
    if egress.status != COMPLETE:
        said = "LiveKit's egress stopped"
        if egress.status == LIMIT_REACHED:
            said = "LiveKit's egress came to a limit of the server"
        return MissingPart(NAME, said, at=egress.ended_at, reason=egress.error)
    locations = [str(file.get("location") or "") for file in egress.files]
    if locations and all(one.startswith(ON_ITS_DISK) for one in locations):
        return MissingPart(
            NAME,
            "it lies on the disk of the egress server",
            then="Give egress a storage to upload to, which Zelto can read.",
        )
    if not locations:
        return MissingPart(NAME, "LiveKit's egress wrote no file")
    return None
