"""The id of the call that an upload belongs to: its job, else its room and what was
said there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection, transaction

from integrations.models import LiveKitCall

_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 7214))"
MAX_ID_CHARACTERS = 255
# By which the log records of a job are found again, which come in the order of the chat;
# a session without a job has all of its own, and is compared with these.
MAX_ITEMS_OF_LOGS = 64
MAX_ITEMS = 2_000


@dataclass(frozen=True, slots=True)
class UploadedCall:
    """What one post says of its call: a job, a room, of which one may be empty, and the
    ids of chat items. is_redacted: the job said so; it counts for what comes later.
    """

    organization_id: UUID
    job_id: str
    room_sid: str
    item_ids: Sequence[str] = ()
    is_redacted: bool = False


def call_id(uploaded: UploadedCall) -> LiveKitCall:
    """Return the call that a post belongs to, noted where it is new. Posts of one room
    wait for each other.
    """
    one = uploaded
    known = _of_job(one.organization_id, one.job_id)
    if known is not None and not _says_more(one, known):
        return known  # as for most uploads of a session; no other job gets its id
    with transaction.atomic():
        with connection.cursor() as cursor:
            name = f"{one.organization_id} {one.room_sid or one.job_id}"
            cursor.execute(_LOCK, [name])
        calls = LiveKitCall.objects.filter(organization_id=one.organization_id)
        of_room = list(calls.filter(room_sid=one.room_sid)) if one.room_sid else []
        if one.job_id:
            of_job = _of_job(one.organization_id, one.job_id)
            jobless = [call for call in of_room if not call.has_job]
            found = of_job or _among(jobless, one.item_ids)
        else:
            found = _among(of_room, one.item_ids)
        if found is None:
            # A session without items, which nothing tells from another such, is there.
            found, is_new = LiveKitCall.objects.get_or_create(
                organization_id=one.organization_id,
                job_id=one.job_id or _stand_in(one, of_room),
                room_sid=one.room_sid,
                defaults={
                    "external_id": one.job_id or _id_in_room(one, of_room),
                    "is_redacted": one.is_redacted,
                    "item_ids": _kept(one, ()),
                },
            )
            if is_new:
                return found
        _note(found, one)
    return found


def _among(
    calls: Sequence[LiveKitCall], item_ids: Collection[str]
) -> LiveKitCall | None:
    """Return the one that has these items; else the one that may have them, where no
    other may.
    """
    for call in calls:
        if not set(item_ids).isdisjoint(call.item_ids):
            return call
    open_ones = [call for call in calls if not (item_ids and call.item_ids)]
    return open_ones[0] if len(open_ones) == 1 else None


def _id_in_room(one: UploadedCall, of_room: Iterable[LiveKitCall]) -> str:
    """Return the id of a call without a job: its room; of a second one there, with its
    first item."""
    if all(call.external_id != one.room_sid for call in of_room):
        return one.room_sid
    return f"{one.room_sid[: MAX_ID_CHARACTERS // 2]} {_first_item(one)}"


def _stand_in(one: UploadedCall, of_room: Iterable[LiveKitCall]) -> str:
    """Return what stands in place of the job of a call without one."""
    if all(call.job_id for call in of_room):
        return ""
    return LiveKitCall.UNKNOWN_JOB + _first_item(one)


def _first_item(one: UploadedCall) -> str:
    return one.item_ids[0] if one.item_ids else ""


def _note(call: LiveKitCall, one: UploadedCall) -> None:
    """Note what a later post says of its call."""
    if _says_more(one, call):
        call.item_ids = _kept(one, call.item_ids)
        call.job_id = one.job_id or call.job_id
        call.is_redacted = call.is_redacted or one.is_redacted
        call.save(update_fields=["job_id", "is_redacted", "item_ids"])


def _says_more(one: UploadedCall, call: LiveKitCall) -> bool:
    return (
        bool(one.job_id and not call.has_job)
        or (one.is_redacted and not call.is_redacted)
        or _kept(one, call.item_ids) != call.item_ids
    )


def _kept(one: UploadedCall, known: Sequence[str]) -> list[str]:
    """Return the item ids to keep of a call."""
    most = MAX_ITEMS_OF_LOGS if one.job_id else MAX_ITEMS
    if len(known) >= most:
        return list(known)
    return list(dict.fromkeys([*known, *one.item_ids]))[:most]


def is_known(organization_id: UUID, job_id: str) -> bool:
    """Tell whether something of this job's session came before."""
    return _of_job(organization_id, job_id) is not None


def _of_job(organization_id: UUID, job_id: str) -> LiveKitCall | None:
    calls = LiveKitCall.objects.filter(organization_id=organization_id, job_id=job_id)
    return calls.order_by("id").first() if job_id else None
