"""Which conversations and refusals may belong to expected sessions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple
from uuid import UUID

from django.db.models import Q

from conversations.models import Agent, Conversation
from conversations.providers import Provider
from integrations.expected_sessions.judgement import Arrived, RefusedDelivery
from integrations.models import Delivery, ExpectedSession, LiveKitCall

MAX_ID_CHARACTERS = 255
Outcome = Delivery.Outcome


class Reference(NamedTuple):
    """A job, a room, a call or an agent of an organization, by the sender's id."""

    organization_id: UUID
    id: str


class Candidate(NamedTuple):
    """A conversation that may be a session's. job_id: empty where it is not known."""

    found: Arrived
    job_id: str


def job_of(conversation: Conversation) -> str:
    """Return the id of a conversation's job, as its metadata names it; else empty."""
    return _text(conversation.metadata.get("jobId"))


def room_of(conversation: Conversation) -> str:
    """Return the sid of a conversation's room, as its metadata names it; else empty."""
    return _text(conversation.metadata.get("roomSid"))


def _text(value: object) -> str:
    return value if isinstance(value, str) and len(value) <= MAX_ID_CHARACTERS else ""


def note_references(
    organization_id: UUID, conversations: Collection[Conversation]
) -> None:
    """Note by which job and room conversations may be asked for.

    One that has its job's id as its own, and names no room, needs no note.
    """
    LiveKitCall.objects.bulk_create(
        [
            LiveKitCall(
                organization_id=organization_id,
                job_id=job_of(one) or _job_as_id(one),
                room_sid=room_of(one),
                external_id=one.external_id,
            )
            for one in conversations
            if job_of(one) or room_of(one)
        ],
        ignore_conflicts=True,
    )


def _job_as_id(conversation: Conversation) -> str:
    own = conversation.external_id
    return own if own.startswith("AJ_") else ""


class Conversations:
    """The conversations that may be those of some sessions, by job and by room."""

    def __init__(self, sessions: Sequence[ExpectedSession]) -> None:
        """sessions: all of their rooms, so that it can be told which are taken."""
        jobs = {Reference(one.organization_id, one.job_id) for one in sessions}
        rooms = {Reference(one.organization_id, one.room_sid) for one in sessions}
        calls = _calls_of(jobs, rooms)
        named = {Reference(one.organization_id, one.external_id) for one in calls}
        self._found = _conversations_of(jobs | rooms | named)
        self._calls = {
            Reference(one.organization_id, one.job_id): one
            for one in calls
            if one.job_id
        }
        self._in_rooms = self._by_room(calls, rooms)
        self._agents = _agents_of(sessions)
        self._sessions: dict[Reference, list[ExpectedSession]] = defaultdict(list)
        for one in sessions:
            if self.of_job(one) is None and one.room_sid:
                room = Reference(one.organization_id, one.room_sid)
                self._sessions[room].append(one)

    def agent_of(self, session: ExpectedSession) -> UUID | None:
        """Return the agent that a session's name is of; None where it has none."""
        name = Reference(session.organization_id, session.agent_name)
        return self._agents.get(name) if session.agent_name else None

    def of(self, session: ExpectedSession) -> Arrived | None:
        """Return a session's conversation: by its job, else by its room and agent."""
        return self.of_job(session) or self._of_room(session)

    def of_job(self, session: ExpectedSession) -> Arrived | None:
        """Return the conversation of a session's job."""
        if not session.job_id:
            return None
        job = Reference(session.organization_id, session.job_id)
        call = self._calls.get(job)
        own = self._found.get(job)
        if own is not None or call is None:
            return own
        return self._found.get(Reference(call.organization_id, call.external_id))

    def _of_room(self, session: ExpectedSession) -> Arrived | None:
        room = Reference(session.organization_id, session.room_sid)
        there = [
            one.found
            for one in self._in_rooms.get(room, ())
            # That of another job is not this one's.
            if not (one.job_id and session.job_id)
        ]
        others = self._sessions.get(room, [])
        agent = self.agent_of(session)
        if agent is not None:
            of_agent = [one for one in there if one.agent_id == agent]
            with_agent = [one for one in others if self.agent_of(one) == agent]
            if len(of_agent) == len(with_agent) == 1:
                return of_agent[0]
        return there[0] if len(there) == len(others) == 1 else None

    def _by_room(
        self, calls: Iterable[LiveKitCall], rooms: Collection[Reference]
    ) -> dict[Reference, list[Candidate]]:
        named: dict[Reference, dict[UUID, Candidate]] = defaultdict(dict)
        for room in rooms:
            if room.id and (own := self._found.get(room)):
                named[room][own.id] = Candidate(own, "")
        for call in calls:
            found = self._found.get(Reference(call.organization_id, call.external_id))
            if call.room_sid and found:
                room = Reference(call.organization_id, call.room_sid)
                named[room][found.id] = Candidate(found, call.job_id)
        return {room: list(of_room.values()) for room, of_room in named.items()}


class Told(NamedTuple):
    """What the log says of jobs, of each the last word.

    refused: deliveries that were refused, or failed. noted: what the worker logged
    outside of a session, in a sentence.
    """

    refused: dict[Reference, RefusedDelivery]
    noted: dict[Reference, str]


def told_of(sessions: Sequence[ExpectedSession]) -> Told:
    """Return what deliveries say of the jobs of sessions, beside their conversations."""
    named = [one for one in sessions if one.job_id]
    rows = Delivery.objects.filter(
        organization_id__in={one.organization_id for one in named},
        provider=Provider.LIVEKIT,
        external_id__in={one.job_id for one in named},
        outcome__in=[Outcome.REJECTED, Outcome.FAILED, Outcome.IGNORED],
    ).without_bodies()
    told = Told({}, {})
    for row in rows.order_by("sequence"):
        job = Reference(row.organization_id, row.external_id)
        if row.outcome == Outcome.IGNORED:
            told.noted[job] = row.reason
        else:
            told.refused[job] = RefusedDelivery(row.uuid, row.reason)
    return told


def _calls_of(
    jobs: Collection[Reference], rooms: Collection[Reference]
) -> list[LiveKitCall]:
    organizations = {one.organization_id for one in (*jobs, *rooms)}
    named = Q(job_id__in={job.id for job in jobs} - {""}) | Q(
        room_sid__in={room.id for room in rooms} - {""}
    )
    calls = LiveKitCall.objects.filter(named, organization_id__in=organizations)
    return list(calls.order_by("id"))


def _conversations_of(calls: Collection[Reference]) -> dict[Reference, Arrived]:
    rows = Conversation.objects.filter(
        organization_id__in={one.organization_id for one in calls},
        provider=Provider.LIVEKIT,
        external_id__in={one.id for one in calls} - {""},
    ).values_list("organization_id", "external_id", "id", "agent_id", "created_at")
    return {Reference(*row[:2]): Arrived(*row[2:]) for row in rows}


def _agents_of(sessions: Sequence[ExpectedSession]) -> dict[Reference, UUID]:
    """Return agents by the name that they are dispatched by; a merged one is whom it
    became."""
    rows = Agent.objects.filter(
        organization_id__in={one.organization_id for one in sessions},
        provider=Provider.LIVEKIT,
        external_id__in={one.agent_name for one in sessions} - {""},
    ).values_list("organization_id", "external_id", "id", "merged_into_id")
    return {Reference(*row[:2]): row[3] or row[2] for row in rows}
