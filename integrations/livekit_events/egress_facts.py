"""What is known of a recording that LiveKit makes (an egress). Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from integrations.livekit_events.event_values import (
    Message,
    member,
    message,
    messages,
    moment,
    number,
    seconds,
    text,
)

STATUSES = (
    *("EGRESS_STARTING", "EGRESS_ACTIVE", "EGRESS_ENDING", "EGRESS_COMPLETE"),
    *("EGRESS_FAILED", "EGRESS_ABORTED", "EGRESS_LIMIT_REACHED"),
)
PREFIX = "EGRESS_"
# Which request it was started by: its key in the event, and the kind as it is stored.
KINDS = {
    "roomComposite": "room_composite",
    "trackComposite": "track_composite",
    "participant": "participant",
    "track": "track",
    "web": "web",
}
# Of a status as it is stored: how far an egress has come.
RANKS = {
    status.removeprefix(PREFIX).lower(): rank for rank, status in enumerate(STATUSES)
}
MAX_FILES = 100
MAX_LOCATION_CHARACTERS = 2000


@dataclass(frozen=True, slots=True)
class EgressFacts:
    """An egress as one event tells of it, whole; the newest counts.

    files: as `LiveKitEgress.files` has them.
    """

    egress_id: str
    updated_at: datetime | None
    status: str = ""
    rank: int = 0
    room_sid: str = ""
    room_name: str = ""
    kind: str = ""
    is_audio_only: bool = False
    error: str = ""
    files: list[dict[str, Any]] = field(default_factory=list)
    started_at: datetime | None = None
    ended_at: datetime | None = None

    def __or__(self, other: EgressFacts) -> EgressFacts:
        return max(self, other, key=_order)


def _order(one: EgressFacts) -> tuple[object, ...]:
    # What was told at the same moment: in any order the same.
    updated = one.updated_at.timestamp() if one.updated_at else 0.0
    return (updated, one.rank, one.status, json.dumps(one.files), one.error)


def read_egress(egress: Message, created_at: datetime) -> EgressFacts | None:
    """Return what an event tells of an egress; None where it names none."""
    egress_id = text(egress, "egressId", 64)
    if not egress_id:
        return None
    status = member(egress, "status", STATUSES).removeprefix(PREFIX).lower()
    kind, request = _request(egress)
    return EgressFacts(
        egress_id,
        moment(egress, "updatedAt") or created_at,
        status=status,
        rank=RANKS.get(status, 0),
        room_sid=text(egress, "roomId", 64),
        room_name=text(egress, "roomName"),
        kind=kind,
        is_audio_only=_is_audio_only(request),
        error=text(egress, "error", 2000),
        files=_files(egress),
        started_at=moment(egress, "startedAt"),
        ended_at=moment(egress, "endedAt"),
    )


def _request(egress: Message) -> tuple[str, Message]:
    for key, kind in KINDS.items():
        request = message(egress, key)
        if request:
            return kind, request
    return "", {}


def _is_audio_only(request: Message) -> bool:
    if request.get("audioOnly") is True:
        return True
    return bool(text(request, "audioTrackId")) and not text(request, "videoTrackId")


def _files(egress: Message) -> list[dict[str, Any]]:
    told = messages(egress, "fileResults")
    # Servers before 1.5 name one file, in a field of its own.
    single = message(egress, "file")
    found = [*told, *([single] if single and not told else [])]
    return [_file(one) for one in found[:MAX_FILES]]


def _file(told: Message) -> dict[str, Any]:
    started = moment(told, "startedAt")
    return {
        "filename": text(told, "filename", MAX_LOCATION_CHARACTERS),
        "location": text(told, "location", MAX_LOCATION_CHARACTERS),
        "size": max(number(told, "size"), 0),
        "duration": seconds(told, "duration"),
        "startedAt": started.timestamp() if started else None,
    }
