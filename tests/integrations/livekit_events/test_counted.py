"""Events and the join together: each session is counted once, at any size."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models import Sum
from django.utils import timezone
from livekit.protocol.agent import JobState

from integrations.expected_sessions import join
from integrations.livekit_events import event_log, fact_store
from integrations.models import ExpectedSession, ExpectedSessionTally, LiveKitProject
from tests.integrations.livekit_events.livekit_server import (
    agent,
    event,
    job,
    nano,
    one_call,
    room,
    written,
)

pytestmark = pytest.mark.django_db(transaction=True)

Keep = Callable[..., None]


@pytest.fixture
def keep(project: LiveKitProject, process: Callable[[], None]) -> Keep:
    """Return what stores events, each read before the next comes."""

    def one_by_one(*events: object) -> None:
        for message in events:
            told = {"id": message.id, "event": message.event}  # type: ignore[attr-defined]
            body = written(message)  # type: ignore[arg-type]
            event_log.store(event_log.arrived(project.id, body, told))
            process()

    return one_by_one


def counted() -> int:
    return ExpectedSessionTally.objects.aggregate(all=Sum("count"))["all"] or 0


def test_a_session_is_counted_once_whatever_came_first(keep: Keep) -> None:
    bot = agent(sid="PA_bot", identity="bot")
    keep(event("participant_joined", 1, room=room(), participant=bot))
    assert ExpectedSession.objects.get().reference == "PA_bot"
    assert counted() == 1
    state = JobState(
        status="JS_SUCCESS",
        started_at=nano(1),
        ended_at=nano(60),
        participant_identity="bot",
    )
    keep(event("agent_job_ended", 60, job=job("AJ_bot", state)))
    assert ExpectedSession.objects.get().reference == "AJ_bot"
    assert counted() == 1
    assert not ExpectedSessionTally.objects.filter(count__lt=0).exists()


def test_each_event_of_a_call_leaves_it_counted_once(keep: Keep) -> None:
    for number, message in enumerate(one_call()):
        keep(message)
        assert counted() == ExpectedSession.objects.count(), number
    assert ExpectedSession.objects.get().state


def test_sessions_of_a_room_are_found_by_an_index(project: LiveKitProject) -> None:
    at = timezone.now() - timedelta(days=1)
    ExpectedSession.objects.bulk_create(
        ExpectedSession(
            organization=project.organization,
            project=project,
            reference=f"AJ_{number}",
            job_id=f"AJ_{number}",
            room_sid=f"RM_{number}",
            expected_at=at,
            participant_identity="",
        )
        for number in range(20_000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE integrations_expectedsession")
    organizations = {project.id: project.organization_id}
    statements: list[str] = []

    def noting(execute, sql, params, many, context):
        statements.append(context["cursor"].mogrify(sql, params))
        return execute(sql, params, many, context)

    with transaction.atomic(), connection.execute_wrapper(noting):
        fact_store._sessions(
            {(project.id, "AJ_7")}, {(project.id, "RM_9")}, organizations
        )
        list(join._locked([ExpectedSession.objects.values_list("id", flat=True)[0]]))
    read = [one for one in statements if "FOR NO KEY UPDATE" in one]
    assert len(read) == 2
    for statement in read:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN {statement}")
            plan = "\n".join(line for (line,) in cursor.fetchall())
        assert "expected_session_room" in plan, plan
