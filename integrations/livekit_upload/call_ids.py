"""The id of the call that an upload belongs to: its job, else its room."""

from __future__ import annotations

from uuid import UUID

from django.db import connection, transaction

from integrations.models import LiveKitCall

_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 7214))"


def call_id(
    organization_id: UUID, *, job_id: str, room_sid: str, is_redacted: bool = False
) -> LiveKitCall:
    """Return the call of a job and its room, of which one may be empty; noted where it
    is new. Uploads of one room wait for each other.

    is_redacted: the job said so; it counts for what comes later.
    """
    known = _of_job(organization_id, job_id)
    if known is not None and (known.is_redacted or not is_redacted):
        return known  # as for most uploads of a session; no other job gets its id
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_LOCK, [f"{organization_id} {room_sid or job_id}"])
        found = _find(organization_id, job_id, room_sid)
        if found is None:
            found = LiveKitCall.objects.create(
                organization_id=organization_id,
                job_id=job_id,
                room_sid=room_sid,
                external_id=job_id or room_sid,
                is_redacted=is_redacted,
            )
        elif (job_id and not found.job_id) or (is_redacted and not found.is_redacted):
            found.job_id = job_id or found.job_id
            found.is_redacted = found.is_redacted or is_redacted
            found.save(update_fields=["job_id", "is_redacted"])
    return found


def is_known(organization_id: UUID, job_id: str) -> bool:
    """Tell whether something of this job's session came before."""
    return _of_job(organization_id, job_id) is not None


def _of_job(organization_id: UUID, job_id: str) -> LiveKitCall | None:
    calls = LiveKitCall.objects.filter(organization_id=organization_id, job_id=job_id)
    return calls.first() if job_id else None


def _find(organization_id: UUID, job_id: str, room_sid: str) -> LiveKitCall | None:
    calls = LiveKitCall.objects.filter(organization_id=organization_id)
    if job_id:
        # Else the session that came with its room alone is this job's.
        return _of_job(organization_id, job_id) or (
            calls.filter(room_sid=room_sid, job_id="").first() if room_sid else None
        )
    of_room = list(calls.filter(room_sid=room_sid).order_by("id")[:2])
    # Two agents in one room: which of them it is cannot be told.
    return (
        of_room[0]
        if len(of_room) == 1
        else next((one for one in of_room if not one.job_id), None)
    )
