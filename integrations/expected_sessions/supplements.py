"""What LiveKit's events say of conversations beside what was forwarded: who called, and
where the recording lies.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from conversations.models import Conversation, Recording
from conversations.turn_values import RECORDING_STARTED_AT
from integrations.delivery_log import supplement_entry
from integrations.models import ExpectedSession, LiveKitEgress, LiveKitRoom

COMPLETE = "complete"
# States of an egress that may still write something.
UNDER_WAY = {"", "starting", "active", "ending"}
AUDIO_ENDINGS = (".ogg", ".opus", ".mp3", ".m4a", ".aac", ".wav", ".flac")
# In their order: the whole room is worth more than one of its tracks.
KINDS = ("room_composite", "track_composite", "web", "participant", "track")
ON_ITS_DISK = "file://"


class InRoom(NamedTuple):
    """A room of a project."""

    project_id: UUID
    sid: str


class RecordedFile(NamedTuple):
    """A file that an egress wrote. started_at: Unix seconds; None where untold."""

    egress_id: str
    location: str
    started_at: float | None


def supplement(
    sessions: Sequence[ExpectedSession], rooms: Mapping[tuple[UUID, str], LiveKitRoom]
) -> None:
    """Tell the conversations of sessions what they lack, once each, in the caller's
    transaction; the rows of the sessions are changed and not saved.

    rooms: of the sessions, by project and sid.
    """
    arrived = [one for one in sessions if one.conversation_id and one.room_sid]
    conversations = _lacking_of(arrived)
    files = _files_of(arrived)
    for session in arrived:
        conversation = conversations.get(session.conversation_id)
        if conversation is None:
            continue
        room = rooms.get((session.project_id, session.room_sid))
        said = _caller(session, conversation, room)
        said |= _recording(session, conversation, files)
        if said:
            supplement_entry.append_to_log(conversation, **said)


def _caller(
    session: ExpectedSession, conversation: Conversation, room: LiveKitRoom | None
) -> dict[str, Any]:
    if session.caller_is_told or room is None or not _has_caller(room):
        return {}
    session.caller_is_told = True
    said: dict[str, Any] = {}
    if room.caller_number and not conversation.customer_number:
        said["customer_number"] = room.caller_number
    if room.caller_name and not conversation.customer_name:
        said["customer_name"] = room.caller_name
    if room.sip_call_id and "sipCallId" not in conversation.metadata:
        said["metadata"] = {"sipCallId": room.sip_call_id}
    return said


def _has_caller(room: LiveKitRoom) -> bool:
    return bool(room.caller_number or room.caller_name or room.sip_call_id)


def _recording(
    session: ExpectedSession,
    conversation: Conversation,
    files: Mapping[InRoom, RecordedFile],
) -> dict[str, Any]:
    file = files.get(InRoom(session.project_id, session.room_sid))
    if session.told_egress or file is None or _has_recording(conversation):
        return {}
    session.told_egress = file.egress_id
    said: dict[str, Any] = {"recording_url": file.location}
    if file.started_at and RECORDING_STARTED_AT not in conversation.metadata:
        said["metadata"] = {RECORDING_STARTED_AT: file.started_at}
    return said


def _has_recording(conversation: Conversation) -> bool:
    recording: Recording | None = conversation.recording_or_none
    if recording is None:
        return False
    return bool(recording.file) or recording.state != Recording.State.FAILED


def _lacking_of(sessions: Iterable[ExpectedSession]) -> dict[UUID | None, Conversation]:
    """Return the conversations of those that were not told all yet."""
    ids = {
        one.conversation_id
        for one in sessions
        if not (one.caller_is_told and one.told_egress)
    }
    rows = Conversation.objects.filter(id__in=[one for one in ids if one])
    return {one.id: one for one in rows.select_related("recording")}


def _files_of(sessions: Collection[ExpectedSession]) -> dict[InRoom, RecordedFile]:
    """Return the best file of each room, once none of its egresses is under way."""
    rows = LiveKitEgress.objects.filter(
        project_id__in={one.project_id for one in sessions},
        room_sid__in={one.room_sid for one in sessions},
    )
    of_rooms: dict[InRoom, list[LiveKitEgress]] = {}
    for row in rows.order_by("egress_id"):
        of_rooms.setdefault(InRoom(row.project_id, row.room_sid), []).append(row)
    best = {room: best_file(egresses) for room, egresses in of_rooms.items()}
    return {room: file for room, file in best.items() if file}


def best_file(egresses: Iterable[LiveKitEgress]) -> RecordedFile | None:
    """Return the file that says most of a room: of all of it before one track, sound
    alone before pictures, the longest; None while one is being made, or without any that
    can be fetched.
    """
    found = []
    for egress in egresses:
        if egress.status in UNDER_WAY:
            return None
        if egress.status == COMPLETE:
            found += [(_rank(egress, file), egress, file) for file in egress.files]
    fetched = [one for one in found if _is_fetched(one[2])]
    if not fetched:
        return None
    _, egress, file = min(fetched, key=lambda one: one[0])
    return RecordedFile(egress.egress_id, file["location"], file.get("startedAt"))


def _is_fetched(file: Mapping[str, Any]) -> bool:
    location = file.get("location") or ""
    return "://" in location and not location.startswith(ON_ITS_DISK)


def _rank(
    egress: LiveKitEgress, file: Mapping[str, Any]
) -> tuple[int, bool, float, str]:
    kind = KINDS.index(egress.kind) if egress.kind in KINDS else len(KINDS)
    name = str(file.get("filename") or file.get("location") or "").lower()
    has_pictures = not (egress.is_audio_only or name.endswith(AUDIO_ENDINGS))
    return kind, has_pictures, -float(file.get("duration") or 0), egress.egress_id
