"""The join: which conversation or refusal belongs to which expected session.

It is asked from both sides, by whichever comes later: the event that tells of a session,
or the conversation. What both missed, since neither saw the other's transaction, is seen
when the session is looked at again, before it is called missing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from conversations.models import Conversation
from conversations.projection.erased_calls import erased_among
from conversations.providers import Provider
from integrations.expected_sessions import candidates, tallies
from integrations.expected_sessions.candidates import Conversations, Reference
from integrations.expected_sessions.judgement import Gap, Known, is_late, judge
from integrations.expected_sessions.supplements import supplement
from integrations.models import (
    ExpectedSession,
    LiveKitGap,
    LiveKitProject,
    LiveKitRoom,
)

BATCH = 500
_WRITTEN = (
    *("agent_id", "started_at", "ended_at", "state", "reason", "expected_at"),
    *("counted_name", "due_at", "conversation_id", "refused_delivery"),
    *("arrived_at", "came_late", "caller_is_told", "told_egress"),
)


def settle(session_ids: Collection[UUID], *, now: datetime | None = None) -> None:
    """Judge sessions by all that is known of them now, and write what changed.

    Of a room with several, all are judged: which conversation is whose may change.
    """
    now = now or timezone.now()
    ids = sorted(session_ids)
    for start in range(0, len(ids), BATCH):
        _settle_batch(ids[start : start + BATCH], now)


def settle_due(*, limit: int = BATCH, now: datetime | None = None) -> int:
    """Look again at sessions whose time has come; return how many there were."""
    now = now or timezone.now()
    due = ExpectedSession.objects.filter(due_at__lte=now).order_by("due_at")
    ids = list(due.values_list("id", flat=True)[:limit])
    settle(ids, now=now)
    return len(ids)


def settle_arrived(conversations: Iterable[Conversation]) -> None:
    """Settle the sessions that these conversations are of.

    conversations: as stored, with their metadata.
    """
    by_organization: dict[UUID, list[Conversation]] = defaultdict(list)
    for conversation in conversations:
        if conversation.provider == Provider.LIVEKIT:
            by_organization[conversation.organization_id].append(conversation)
    watching = LiveKitProject.objects.filter(organization_id__in=by_organization)
    watched = set(watching.values_list("organization_id", flat=True))
    for organization_id in sorted(watched):
        arrived = by_organization[organization_id]
        candidates.note_references(organization_id, arrived)
        settle(_sessions_of(organization_id, arrived))


def _sessions_of(
    organization_id: UUID, conversations: Iterable[Conversation]
) -> list[UUID]:
    jobs, rooms = set(), set()
    for one in conversations:
        jobs |= {one.external_id, candidates.job_of(one)}
        rooms |= {one.external_id, candidates.room_of(one)}
    named = Q(job_id__in=jobs - {""}) | Q(room_sid__in=rooms - {""})
    sessions = ExpectedSession.objects.filter(named, organization_id=organization_id)
    waiting = sessions.exclude(state=ExpectedSession.State.ARRIVED)
    return list(waiting.values_list("id", flat=True))


def _settle_batch(ids: list[UUID], now: datetime) -> None:
    with transaction.atomic():
        sessions = list(_locked(ids))
        before = {
            one.id: tallies.key_of(one) if one.state else None for one in sessions
        }
        written = {one.id: _values_of(one) for one in sessions}
        rooms = _rooms_of(sessions)
        _judge_all(sessions, rooms, now)
        supplement(sessions, rooms)
        changed = [one for one in sessions if written[one.id] != _values_of(one)]
        ExpectedSession.objects.bulk_update(
            changed, [name.removesuffix("_id") for name in _WRITTEN]
        )
        tallies.move((before[one.id], tallies.key_of(one)) for one in changed)


def _locked(ids: list[UUID]) -> Iterable[ExpectedSession]:
    """Return sessions with those of the same rooms, locked in one order."""
    asked = ExpectedSession.objects.filter(id__in=ids).exclude(room_sid="")
    rooms = list(
        asked.values_list("organization_id", "project_id", "room_sid").distinct()
    )
    in_rooms = Q(
        organization_id__in={room[0] for room in rooms},  # the index begins with it
        project_id__in={room[1] for room in rooms},
        room_sid__in={room[2] for room in rooms},
    )
    rows = ExpectedSession.objects.filter(Q(id__in=ids) | in_rooms)
    return rows.order_by("id").select_for_update(no_key=True)


def _values_of(session: ExpectedSession) -> list[object]:
    return [getattr(session, name) for name in _WRITTEN]


def _judge_all(
    sessions: Sequence[ExpectedSession],
    rooms: Mapping[tuple[UUID, str], LiveKitRoom],
    now: datetime,
) -> None:
    conversations = Conversations(sessions)
    told = candidates.told_of(sessions)
    gaps = _gaps_of(sessions)
    projects = LiveKitProject.objects.in_bulk({one.project_id for one in sessions})
    erased = _erased_of(sessions)
    for one in sessions:
        room = rooms.get((one.project_id, one.room_sid))
        named = Reference(one.organization_id, one.job_id)
        known = Known(
            started_at=_started_at(one),
            ended_at=_ended_at(one, room),
            grace=timedelta(minutes=projects[one.project_id].grace_minutes),
            job_status=one.job_status,
            job_error=one.job_error,
            has_spoken=one.has_spoken,
            room_is_told=_is_told(one, room),
            room_was_joined=bool(room and room.was_joined),
            conversation=conversations.of(one),
            was_erased=one.id in erased,
            refused=told.refused.get(named),
            noted=told.noted.get(named, ""),
            gaps=gaps[one.project_id],
        )
        if not known.was_erased:
            one.agent_id = conversations.agent_of(one)
        _apply(one, known, now)


def _erased_of(sessions: Sequence[ExpectedSession]) -> set[UUID]:
    """Return the sessions whose conversation was erased, as far as that is known: by the
    id of the job, or since it had arrived and is gone.
    """
    arrived = [one for one in sessions if one.state == ExpectedSession.State.ARRIVED]
    there = set(
        Conversation.objects.filter(
            id__in=[one.conversation_id for one in arrived if one.conversation_id]
        ).values_list("id", flat=True)
    )
    gone = {one.id for one in arrived if one.conversation_id not in there}
    calls = {
        one.id: (one.organization_id, Provider.LIVEKIT.value, one.job_id)
        for one in sessions
        if one.job_id
    }
    erased = erased_among(list(set(calls.values())))
    return gone | {id_ for id_, call in calls.items() if call in erased}


def _apply(session: ExpectedSession, known: Known, now: datetime) -> None:
    judgement = judge(known, now)
    found, refused = known.conversation, known.refused
    session.started_at, session.ended_at = known.started_at, known.ended_at
    session.expected_at = known.ended_at or known.started_at
    session.state, session.reason = judgement.state, judgement.reason
    session.due_at = judgement.look_again_at
    session.conversation_id = found.id if found else None
    if not known.was_erased:
        session.arrived_at = found.created_at if found else None
        session.came_late = is_late(known)
    is_refused = session.state == ExpectedSession.State.REFUSED
    session.refused_delivery = refused.uuid if refused and is_refused else None
    session.agent_id = found.agent_id if found else session.agent_id
    session.counted_name = session.agent_name


def _started_at(session: ExpectedSession) -> datetime:
    began = session.job_started_at or session.joined_at
    return began or session.job_ended_at or session.left_at or session.created_at


def _ended_at(session: ExpectedSession, room: LiveKitRoom | None) -> datetime | None:
    ended = session.job_ended_at or session.left_at
    return ended or (room.finished_at if room else None)


def _is_told(session: ExpectedSession, room: LiveKitRoom | None) -> bool:
    """Tell whether whoever joined the room was told: its begin or end was, and that the
    agent joined. Some projects send events of jobs and rooms alone.
    """
    if room is None or session.joined_at is None:
        return False
    return bool(room.started_at or room.finished_at)


def _rooms_of(
    sessions: Sequence[ExpectedSession],
) -> dict[tuple[UUID, str], LiveKitRoom]:
    rooms = LiveKitRoom.objects.filter(
        project_id__in={one.project_id for one in sessions},
        sid__in={one.room_sid for one in sessions} - {""},
    )
    return {(room.project_id, room.sid): room for room in rooms}


def _gaps_of(sessions: Sequence[ExpectedSession]) -> dict[UUID, list[Gap]]:
    gaps: dict[UUID, list[Gap]] = defaultdict(list)
    rows = LiveKitGap.objects.filter(
        project_id__in={one.project_id for one in sessions}
    )
    for row in rows.order_by("began_at"):
        gaps[row.project_id].append(Gap(row.began_at, row.ended_at, row.reason))
    return gaps
