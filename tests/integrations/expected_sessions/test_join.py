"""Which conversation or refusal belongs to which expected session."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import Organization
from conversations.projection.erased_calls import erase_rows
from integrations.expected_sessions import join, tallies
from integrations.models import (
    ExpectedSession,
    ExpectedSessionTally,
    LiveKitGap,
    LiveKitProject,
)
from tests.integrations.expected_sessions.told import (
    arrive,
    make_project,
    refuse,
    state_of,
    tell_job,
    tell_room,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(organization: Organization) -> LiveKitProject:
    return make_project(organization)


def ago(**span: float) -> datetime:
    return timezone.now() - timedelta(**span)


def settle(*sessions: ExpectedSession) -> None:
    join.settle([one.id for one in sessions])


def test_a_job_is_settled_by_its_conversation_whichever_came_first(
    organization: Organization, project: LiveKitProject
) -> None:
    first = tell_job(project, "AJ_1", ended_at=ago(hours=1))
    settle(first)
    assert state_of(first) == "missing"
    arrived = arrive(organization, "AJ_1")
    assert state_of(first) == "arrived"
    assert first.conversation_id == arrived.id
    assert first.agent_id == arrived.agent_id
    assert first.came_late

    arrive(organization, "AJ_2", at=ago(minutes=59))
    second = tell_job(project, "AJ_2", ended_at=ago(hours=1))
    settle(second)
    assert state_of(second) == "arrived"
    assert not second.came_late


def test_a_forward_with_an_id_of_its_own_is_found_by_the_job_that_it_names(
    organization: Organization, project: LiveKitProject
) -> None:
    first = tell_job(project, "AJ_1", ended_at=ago(hours=1))
    settle(first)
    arrive(organization, "order-77", jobId="AJ_1")
    assert state_of(first) == "arrived"

    arrive(organization, "order-78", jobId="AJ_2")
    second = tell_job(project, "AJ_2", ended_at=ago(hours=1))
    settle(second)
    assert state_of(second) == "arrived"


def test_a_session_without_a_job_is_found_by_its_room(
    organization: Organization, project: LiveKitProject
) -> None:
    session = tell_job(
        project, "PA_1", ended_at=ago(hours=1), job_id="", room_sid="RM_1"
    )
    arrive(organization, "AJ_of_upload", roomSid="RM_1", jobId="AJ_of_upload")
    settle(session)
    assert state_of(session) == "arrived"


def test_two_agents_of_one_room_are_told_apart_by_their_names(
    organization: Organization, project: LiveKitProject
) -> None:
    told: dict[str, Any] = {"ended_at": ago(hours=1), "job_id": "", "room_sid": "RM_1"}
    desk = tell_job(project, "PA_1", agent_name="front-desk", **told)
    sales = tell_job(project, "PA_2", agent_name="sales", **told)
    arrive(organization, "call-1", agent_name="sales", roomSid="RM_1")
    settle(desk, sales)
    assert (state_of(desk), state_of(sales)) == ("missing", "arrived")


def test_two_nameless_agents_of_one_room_are_not_guessed(
    organization: Organization, project: LiveKitProject
) -> None:
    told: dict[str, Any] = {"ended_at": ago(hours=1), "job_id": "", "room_sid": "RM_1"}
    first = tell_job(project, "PA_1", **told)
    arrive(organization, "call-1", roomSid="RM_1")
    settle(first)
    assert state_of(first) == "arrived"
    second = tell_job(project, "PA_2", **told)
    settle(second)
    assert (state_of(first), state_of(second)) == ("missing", "missing")


def test_the_conversation_of_another_job_of_the_room_is_not_this_ones(
    organization: Organization, project: LiveKitProject
) -> None:
    there = tell_job(project, "AJ_1", ended_at=ago(hours=1), room_sid="RM_1")
    killed = tell_job(project, "AJ_2", ended_at=ago(hours=1), room_sid="RM_1")
    arrive(organization, "AJ_1", roomSid="RM_1", jobId="AJ_1")
    settle(there, killed)
    assert (state_of(there), state_of(killed)) == ("arrived", "missing")


def test_another_organizations_conversation_settles_nothing(
    organization: Organization,
    project: LiveKitProject,
    other_organization: Organization,
) -> None:
    make_project(other_organization)
    session = tell_job(project, "AJ_1", ended_at=ago(hours=1), room_sid="RM_1")
    arrive(other_organization, "AJ_1", roomSid="RM_1", jobId="AJ_1")
    settle(session)
    assert state_of(session) == "missing"


def test_a_refused_session_says_why_and_a_later_forward_settles_it(
    organization: Organization, project: LiveKitProject
) -> None:
    delivery = refuse(organization, "AJ_1", "transcript.turns must be a list.")
    session = tell_job(project, "AJ_1", ended_at=ago(minutes=1))
    settle(session)
    assert state_of(session) == "refused"
    assert session.reason == delivery.reason
    assert session.refused_delivery == delivery.uuid
    arrive(organization, "AJ_1")
    assert state_of(session) == "arrived"
    assert session.refused_delivery is None


def test_a_refusal_is_seen_when_the_session_is_looked_at_again(
    organization: Organization, project: LiveKitProject
) -> None:
    session = tell_job(project, "AJ_1", ended_at=ago(minutes=1))
    settle(session)
    assert state_of(session) == "awaited"
    refuse(organization, "AJ_1", "transcript.turns must be a list.")
    assert join.settle_due(now=timezone.now() + timedelta(minutes=1)) == 1
    assert state_of(session) == "refused"


def test_a_session_is_called_missing_by_itself(project: LiveKitProject) -> None:
    session = tell_job(project, "AJ_1", ended_at=ago(minutes=9))
    settle(session)
    assert join.settle_due() == 0
    join.settle_due(now=timezone.now() + timedelta(minutes=2))
    assert state_of(session) == "missing"


def test_what_ended_in_a_gap_is_not_told(project: LiveKitProject) -> None:
    LiveKitGap.objects.create(
        project=project,
        began_at=ago(hours=2),
        ended_at=ago(minutes=30),
        reason="LiveKit dropped 12 events.",
    )
    session = tell_job(project, "AJ_1", ended_at=ago(hours=1))
    settle(session)
    assert state_of(session) == "not_told"
    assert session.reason == "LiveKit dropped 12 events."


def test_an_unanswered_call_is_no_session(project: LiveKitProject) -> None:
    tell_room(project, "RM_1", started_at=ago(hours=1), finished_at=ago(minutes=59))
    told: dict[str, Any] = {"ended_at": ago(minutes=59), "room_sid": "RM_1"}
    session = tell_job(project, "AJ_1", joined_at=ago(hours=1), **told)
    settle(session)
    assert state_of(session) == "no_session"
    # Where nobody told of participants, nobody told that none came.
    untold = tell_job(project, "AJ_2", **told)
    settle(untold)
    assert state_of(untold) == "missing"


def test_an_erased_conversation_does_not_make_its_session_missing(
    organization: Organization, project: LiveKitProject
) -> None:
    session = tell_job(project, "AJ_1", ended_at=ago(hours=1))
    conversation = arrive(organization, "AJ_1")
    agent_id = conversation.agent_id
    erase_rows(conversation)
    settle(session)
    assert state_of(session) == "arrived"
    assert (session.conversation_id, session.agent_id) == (None, agent_id)
    # Nor one of which LiveKit tells only now.
    told_again = tell_job(make_project(organization), "AJ_1", ended_at=ago(hours=1))
    settle(told_again)
    assert state_of(told_again) == "arrived"


def test_a_merged_agent_is_whom_it_became(
    organization: Organization, project: LiveKitProject
) -> None:
    target = arrive(organization, "AJ_0", agent_name="reception").agent
    merged = arrive(organization, "AJ_1", agent_name="front-desk").agent
    merged.merged_into = target
    merged.save()
    session = tell_job(project, "AJ_2", ended_at=ago(hours=1), agent_name="front-desk")
    settle(session)
    assert state_of(session) == "missing"
    assert session.agent_id == target.id


STEPS = ("end", "end elsewhere", "arrive", "by room", "refuse", "gap", "look")
Plan = list[tuple[str, int]]


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 3)), max_size=14).flatmap(
        lambda plan: st.tuples(st.just(plan), st.permutations(plan + plan[:3]))
    )
)
def test_any_order_and_repetition_of_a_day_comes_to_what_a_plain_model_says(
    organization: Organization, plans: tuple[Plan, Sequence[tuple[str, int]]]
) -> None:
    plan, shuffled = plans
    project = make_project(organization, grace_minutes=10)
    prefix = str(project.id)
    _carry_out(organization, project, prefix, shuffled)
    now = timezone.now() + timedelta(minutes=1)
    join.settle(
        ExpectedSession.objects.filter(project=project).values_list("id", flat=True),
        now=now,
    )
    found = {
        one.job_id.removeprefix(prefix): one.state
        for one in ExpectedSession.objects.filter(project=project)
    }
    assert found == _plain_model(plan)
    _require_true_tallies(organization)


def _carry_out(
    organization: Organization,
    project: LiveKitProject,
    prefix: str,
    steps: Sequence[tuple[str, int]],
) -> None:
    ended = datetime.now(UTC) - timedelta(hours=2)
    do: dict[str, Callable[[str, str], object]] = {
        "end": lambda job, room: settle(
            tell_job(project, job, ended_at=ended, room_sid=room)
        ),
        "end elsewhere": lambda job, _: settle(
            tell_job(make_project(organization), f"{job} x", ended_at=ended)
        ),
        "arrive": lambda job, room: arrive(organization, job, roomSid=room, jobId=job),
        "by room": lambda job, room: arrive(organization, f"{job} own", roomSid=room),
        "refuse": lambda job, _: refuse(organization, job, "No."),
        "gap": lambda job, _: LiveKitGap.objects.get_or_create(
            project=project,
            ended_at=ended + timedelta(seconds=1),
            defaults={"began_at": ended - timedelta(seconds=1), "reason": job},
        ),
        "look": lambda *_: join.settle_due(),
    }
    for step, number in steps:
        do[step](f"{prefix}{number}", f"RM {prefix}{number}")


def _plain_model(plan: Plan) -> dict[str, str]:
    done = {step: {number for one, number in plan if one == step} for step in STEPS}

    def state(number: int) -> str:
        if number in done["arrive"] | done["by room"]:
            return "arrived"
        if number in done["refuse"]:
            return "refused"
        return "not_told" if done["gap"] else "missing"

    return {str(number): state(number) for number in done["end"]}


def _require_true_tallies(organization: Organization) -> None:
    counted = Counter(
        tallies.key_of(one)
        for one in ExpectedSession.objects.in_organization(organization)
    )
    kept = {
        tallies.TallyKey(
            one.organization_id, one.agent_id, one.agent_name, one.hour, one.state
        ): one.count
        for one in ExpectedSessionTally.objects.filter(organization=organization)
        if one.count
    }
    assert kept == dict(counted)
