"""What LiveKit would have told of the sessions of a demo: most arrived, a few did not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from secrets import token_urlsafe

from accounts.models import Organization
from conversations.models import Conversation
from conversations.providers import Provider
from integrations.demo.agents import (
    APPOINTMENTS,
    FRONT_DESK,
    ORDER_SUPPORT,
    RETURNS_DESK,
    Agent,
)
from integrations.demo.chance import randomness
from integrations.demo.plan import Plan
from integrations.demo.refusals import Refusals
from integrations.demo.session import Session, token
from integrations.expected_sessions.candidates import note_references
from integrations.expected_sessions.join import settle
from integrations.models import (
    ExpectedSession,
    LiveKitCredential,
    LiveKitGap,
    LiveKitProject,
    LiveKitRoom,
)

PROJECT_NAME = "larkspur-production"
# Apart from the slots of sessions that are posted, and from refused ones.
FIRST_NUMBER = 30_000_000
BATCH = 500
# Days ago at which LiveKit dropped events, and how long.
GAP_DAYS_AGO = 9.2
GAP = timedelta(minutes=40)
# A worker that is killed leaves this.
KILLED = "job process exited unexpectedly"
CANCELLED = "worker is shutting down"


@dataclass(frozen=True)
class Told:
    """What events told of one session. ended_at: None where it runs."""

    token: str
    agent_name: str
    room_name: str
    started_at: datetime
    ended_at: datetime | None
    job_status: str = "success"
    job_error: str = ""
    was_joined: bool = True

    @property
    def job_id(self) -> str:
        return f"AJ_{self.token[:12]}"

    @property
    def room_sid(self) -> str:
        return f"RM_{self.token[12:24]}"

    @property
    def worker_id(self) -> str:
        return f"AW_{self.agent_name[:4]}{self.started_at:%d}"


def add_livekit_sessions(organization: Organization, plan: Plan) -> None:
    """Add a watched project and what it told of the sessions of a plan; what is there
    already stays. May be done again at any time.
    """
    project = _project(organization, plan)
    told = [*_of_slots(plan), *_refused(plan), *_lost(plan)]
    told += [*_unanswered(plan), *_in_gap(plan), *_running(plan)]
    _store(project, told)
    # As the worker does, from when a project is watched on.
    arrived = Conversation.objects.in_organization(organization).filter(
        provider=Provider.LIVEKIT,
        external_id__in=[external_id for _, external_id in plan.references],
    )
    note_references(organization.id, arrived)
    unjudged = ExpectedSession.objects.filter(project=project, state="")
    settle(list(unjudged.values_list("id", flat=True)))


def _project(organization: Organization, plan: Plan) -> LiveKitProject:
    now = plan.weeks.now
    project, is_new = LiveKitProject.objects.get_or_create(
        organization=organization,
        name=PROJECT_NAME,
        defaults={
            "created_at": now - timedelta(days=28),
            "first_event_at": now - timedelta(days=28),
        },
    )
    if is_new:
        LiveKitCredential.objects.create(
            project=project, api_key="APIdemoLarkspur", secret=token_urlsafe(32)
        )
        gap_ended_at = now - timedelta(days=GAP_DAYS_AGO)
        LiveKitGap.objects.create(
            project=project,
            began_at=gap_ended_at - GAP,
            ended_at=gap_ended_at,
            reason="LiveKit dropped 14 events, since its queue was full.",
        )
    project.last_event_at = now
    project.save(update_fields=["last_event_at"])
    return project


def _of_slots(plan: Plan) -> Iterator[Told]:
    """Yield the sessions that were posted. A few jobs are called failed although they
    shut down well, as LiveKit does."""
    for slot in plan.slots:
        if slot.agent.provider != Provider.LIVEKIT:
            continue
        told = _told(plan.session(slot))
        is_called_failed = slot.number % 29 == 3
        yield replace(told, job_status="failed") if is_called_failed else told


def _told(session: Session) -> Told:
    return Told(
        token=session.token,
        agent_name=session.agent.external_id,
        room_name=session.room,
        started_at=session.started_at,
        ended_at=session.ended_at,
    )


def _refused(plan: Plan) -> Iterator[Told]:
    """Yield the sessions whose posts were refused."""
    refusals = Refusals(
        seed=plan.seed, weeks=plan.weeks, largest_body=plan.largest_body
    )
    for session in refusals.sessions():
        if session.agent.provider == Provider.LIVEKIT:
            yield _told(session)


def _lost(plan: Plan) -> Iterator[Told]:
    """Yield sessions of which nothing was posted: two of today, some of before."""
    now = plan.weeks.now
    yield _made(plan, 1, ORDER_SUPPORT, now - timedelta(minutes=50), KILLED)
    yield _made(plan, 2, FRONT_DESK, now - timedelta(minutes=95), KILLED)
    yield _made(plan, 3, FRONT_DESK, now - timedelta(minutes=2), "")
    cancelled = _made(plan, 4, FRONT_DESK, now - timedelta(days=2.9), CANCELLED)
    yield replace(cancelled, job_status="cancelled")
    for number, days in enumerate((1.3, 4.1, 5.6, 8.4, 13.2, 16.7, 22.5), start=5):
        agent = (APPOINTMENTS, ORDER_SUPPORT, FRONT_DESK)[number % 3]
        at = plan.weeks.moment(
            agent.hours, 0.5, from_day=days + 0.4, until_day=days - 0.4
        )
        yield _made(plan, number, agent, at, KILLED if number % 2 else "")


def _unanswered(plan: Plan) -> Iterator[Told]:
    """Yield calls that nobody answered."""
    for number in range(20, 32):
        fraction = randomness(plan.seed, "unanswered", number).random()
        at = plan.weeks.moment(APPOINTMENTS.hours, fraction)
        yield replace(_made(plan, number, APPOINTMENTS, at, ""), was_joined=False)


def _in_gap(plan: Plan) -> Iterator[Told]:
    end = plan.weeks.now - timedelta(days=GAP_DAYS_AGO)
    for number, minutes in ((40, 9), (41, 22), (42, 31)):
        yield _made(plan, number, FRONT_DESK, end - timedelta(minutes=minutes), "")


def _running(plan: Plan) -> Iterator[Told]:
    running = ((50, FRONT_DESK, 2), (51, ORDER_SUPPORT, 6), (52, RETURNS_DESK, 1))
    for number, agent, minutes in running:
        at = plan.weeks.now - timedelta(minutes=minutes)
        yield replace(
            _made(plan, number, agent, at, ""),
            started_at=at,
            ended_at=None,
            job_status="",
        )


def _made(plan: Plan, number: int, agent: Agent, at: datetime, error: str) -> Told:
    number += FIRST_NUMBER
    digits = token(plan.seed, number)
    seconds = randomness(plan.seed, "told", number).uniform(20, 300)
    return Told(
        token=digits,
        agent_name=agent.external_id,
        room_name=f"{agent.external_id}-{digits[:8]}",
        started_at=at - timedelta(seconds=seconds),
        ended_at=at,
        job_status="failed" if error else "success",
        job_error=error,
    )


def _store(project: LiveKitProject, told: Iterable[Told]) -> None:
    known = list(told)
    LiveKitRoom.objects.bulk_create(
        [_room(project, one) for one in known],
        batch_size=BATCH,
        ignore_conflicts=True,
    )
    ExpectedSession.objects.bulk_create(
        [_session(project, one) for one in known],
        batch_size=BATCH,
        ignore_conflicts=True,
    )


def _room(project: LiveKitProject, told: Told) -> LiveKitRoom:
    return LiveKitRoom(
        project=project,
        sid=told.room_sid,
        name=told.room_name,
        started_at=told.started_at,
        finished_at=told.ended_at,
        was_joined=told.was_joined,
        created_at=told.started_at,
    )


def _session(project: LiveKitProject, told: Told) -> ExpectedSession:
    return ExpectedSession(
        organization_id=project.organization_id,
        project=project,
        reference=told.job_id,
        job_id=told.job_id,
        room_sid=told.room_sid,
        room_name=told.room_name,
        agent_name=told.agent_name,
        job_started_at=told.started_at,
        job_ended_at=told.ended_at,
        joined_at=told.started_at,
        left_at=told.ended_at,
        job_status=told.job_status,
        job_error=told.job_error,
        worker_id=told.worker_id,
        has_spoken=told.was_joined,
        created_at=told.started_at,
        # The join sets them.
        state="",
        expected_at=told.ended_at or told.started_at,
    )
