"""From stored events to rows, as the worker does it."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from livekit.protocol.agent import JobState
from livekit.protocol.webhook import WebhookEvent

from accounts.models import Organization
from integrations.livekit_events import event_log, event_worker, fact_store
from integrations.models import (
    ExpectedSession,
    LiveKitEgress,
    LiveKitEvent,
    LiveKitGap,
    LiveKitProject,
    LiveKitRoom,
)
from tests.integrations.livekit_events.livekit_server import (
    agent,
    at,
    caller,
    egress,
    event,
    job,
    nano,
    of_track,
    one_call,
    room,
    track,
    written,
)

pytestmark = pytest.mark.django_db(transaction=True)

Process = Callable[[], None]
TELLING = ("id", "created_at", "due_at", "expected_at", "state", "counted_name")


@pytest.fixture(autouse=True)
def settled(monkeypatch: pytest.MonkeyPatch) -> list[set[UUID]]:
    """The sessions that were given to the join, each time."""
    calls: list[set[UUID]] = []
    monkeypatch.setattr(event_worker.join, "settle", lambda ids: calls.append(set(ids)))
    return calls


def keep(project: LiveKitProject, events: Iterable[WebhookEvent]) -> None:
    """Store events as the webhook does."""
    for message in events:
        body = written(message)
        told = {"id": message.id, "event": message.event}
        event_log.store(event_log.arrived(project.id, body, told))


def rows(project: LiveKitProject) -> dict[str, list[dict[str, Any]]]:
    """All that events made, without what depends on when they were read."""
    found = {}
    for model in (LiveKitRoom, ExpectedSession, LiveKitEgress):
        values = model._default_manager.filter(project=project).values()
        found[model.__name__] = sorted(
            (
                {name: value for name, value in row.items() if name not in TELLING}
                for row in values
            ),
            key=str,
        )
    return found


def forget(project: LiveKitProject) -> None:
    for model in (LiveKitEvent, LiveKitRoom, ExpectedSession, LiveKitEgress):
        model._default_manager.filter(project=project).delete()


DAY = [
    *one_call("AJ_one", 1),
    *one_call("AJ_two", 2),
    event("egress_started", 2, egress_info=egress(0, updated=2, file_results=[])),
    event("egress_ended", 60, egress_info=egress()),
    # A worker that chooses its identity, and a server that tells of its job.
    event(
        "participant_joined",
        1,
        room=room("RM_3"),
        participant=agent(sid="PA_bot", identity="bot"),
    ),
    event(
        "participant_left",
        30,
        room=room("RM_3"),
        participant=agent(sid="PA_bot", identity="bot"),
    ),
    event(
        "agent_job_started",
        1,
        job=job(
            "AJ_bot",
            JobState(status=1, started_at=nano(1), participant_identity="bot"),
            room=room("RM_3"),
        ),
    ),
    # An older server: no word of jobs.
    event(
        "participant_joined",
        1,
        room=room("RM_4"),
        participant=agent(sid="PA_old", identity="old"),
    ),
    event("participant_joined", 2, room=room("RM_4"), participant=caller("dialing")),
    event("room_finished", 9, room=room("RM_4")),
]


@pytest.fixture
def expected_rows(project: LiveKitProject, process: Process) -> dict[str, Any]:
    keep(project, DAY)
    process()
    found = rows(project)
    forget(project)
    return found


def test_a_day_becomes_rows(expected_rows: dict[str, Any]) -> None:
    sessions = {row["reference"]: row for row in expected_rows["ExpectedSession"]}
    assert set(sessions) == {"AJ_one", "AJ_two", "AJ_bot", "PA_old"}
    assert sessions["AJ_bot"]["left_at"] == at(30)
    assert sessions["AJ_bot"]["joined_at"] == at(1.5)
    assert sessions["PA_old"]["job_id"] == ""
    assert sessions["PA_old"]["agent_name"] == "front-desk"
    assert sessions["AJ_one"]["has_spoken"]
    in_rooms = {row["sid"]: row for row in expected_rows["LiveKitRoom"]}
    assert in_rooms["RM_1"]["caller_number"] == "+15550100"
    assert in_rooms["RM_1"]["sip_call_id"] == "SCL_one"
    assert in_rooms["RM_1"]["was_joined"]
    (recording,) = expected_rows["LiveKitEgress"]
    assert (recording["status"], recording["ended_at"]) == ("complete", at(55))


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_any_order_repetition_and_batch_give_the_same_rows(
    data: st.DataObject,
    project: LiveKitProject,
    process: Process,
    expected_rows: dict[str, Any],
) -> None:
    order = data.draw(st.permutations(DAY))
    again = data.draw(st.lists(st.sampled_from(range(len(DAY))), max_size=10))
    sent = [*order, *(DAY[index] for index in again)]
    size = data.draw(st.integers(1, len(sent)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(event_worker, "BATCH_ROWS", data.draw(st.integers(1, 7)))
        for start in range(0, len(sent), size):
            keep(project, sent[start : start + size])
            process()
    try:
        assert rows(project) == expected_rows
    finally:
        forget(project)


def test_the_join_is_asked_for_what_changed_alone(
    project: LiveKitProject, process: Process, settled: list[set[UUID]]
) -> None:
    keep(project, DAY)
    process()
    everything = set(ExpectedSession.objects.values_list("id", flat=True))
    assert set().union(*settled) == everything
    settled.clear()
    LiveKitEvent.objects.update(processed_at=None)  # read all of it again
    process()
    assert set().union(*settled) == set()


def test_a_rooms_end_settles_the_sessions_in_it(
    project: LiveKitProject, process: Process, settled: list[set[UUID]]
) -> None:
    *before, end = one_call()
    keep(project, before)
    process()
    settled.clear()
    keep(project, [end])
    process()
    assert settled[0] == {ExpectedSession.objects.get().id}


def test_a_session_is_looked_at_later_if_the_join_could_not_be_asked(
    project: LiveKitProject, process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_ids: object) -> None:
        raise ValueError("broken")

    monkeypatch.setattr(event_worker.join, "settle", broken)
    keep(project, one_call())
    with pytest.raises(ValueError, match="broken"):
        process()
    assert not LiveKitEvent.objects.filter(processed_at=None).exists()
    assert ExpectedSession.objects.get().due_at <= timezone.now()


def test_one_bad_event_says_why_and_is_in_nobodys_way(
    project: LiveKitProject, process: Process
) -> None:
    event_log.store(event_log.arrived(project.id, b"no JSON", None))
    event_log.store(event_log.arrived(project.id, b"[1]", None))
    keep(project, one_call())
    process()
    errors = LiveKitEvent.objects.exclude(error="").values_list("error", flat=True)
    assert sorted(errors) == [
        "The body is not JSON: Expecting value at line 1, column 1.",
        "The body must be one JSON object; got a list.",
    ]
    assert not LiveKitEvent.objects.filter(processed_at=None).exists()
    assert ExpectedSession.objects.count() == 1


def test_an_event_that_cannot_be_written_fails_alone(
    project: LiveKitProject, process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_facts = fact_store.add_facts

    def at_fault(events: Sequence[Any], now: Any) -> set[UUID]:
        if any(one.facts.room and one.facts.room.sid == "RM_1" for one in events):
            raise KeyError("RM_1")
        return add_facts(events, now)

    monkeypatch.setattr(event_worker, "add_facts", at_fault)
    keep(project, DAY)
    process()
    assert not LiveKitEvent.objects.filter(processed_at=None).exists()
    failed = LiveKitEvent.objects.exclude(error="")
    assert {one.error for one in failed} == {"It could not be read: KeyError"}
    assert LiveKitRoom.objects.filter(sid="RM_2", was_joined=True).exists()
    assert not LiveKitRoom.objects.filter(sid="RM_1").exists()


def test_ten_thousand_events_are_read_in_batches(
    project: LiveKitProject,
    process: Process,
    django_assert_max_num_queries: Callable[..., Any],
) -> None:
    calls = [one_call(f"AJ_{number}", number) for number in range(1000)]
    events = [message for call in calls for message in call]
    random.Random(7).shuffle(events)  # noqa: S311 - an order, no secret
    LiveKitEvent.objects.bulk_create(
        LiveKitEvent(
            project=project, event_id=one.id, name=one.event, body=written(one)
        )
        for one in events
    )
    with django_assert_max_num_queries(21 * 18 + 20):
        process()
    assert ExpectedSession.objects.count() == LiveKitRoom.objects.count() == 1000
    assert (
        ExpectedSession.objects.filter(
            job_status="success", has_spoken=True, left_at=at(55)
        ).count()
        == 1000
    )
    assert (
        LiveKitRoom.objects.filter(
            was_joined=True, finished_at=at(58), undecided={}
        ).count()
        == 1000
    )


def test_a_project_knows_when_events_came(
    project: LiveKitProject, process: Process
) -> None:
    keep(project, [event(event_worker.TEST_EVENT)])
    process()
    project.refresh_from_db()
    assert project.state_at(timezone.now()) == LiveKitProject.State.WAITING
    keep(project, one_call())
    process()
    project.refresh_from_db()
    assert project.first_event_at and project.last_event_at
    assert project.state_at(timezone.now()) == LiveKitProject.State.RECEIVING
    tomorrow = project.last_event_at + timedelta(hours=25)
    assert project.state_at(tomorrow) == LiveKitProject.State.SILENT


def test_what_livekit_dropped_is_a_gap(
    project: LiveKitProject, process: Process
) -> None:
    now = timezone.now()
    keep(project, [event("room_started", room=room())])
    late = event("room_finished", room=room(), num_dropped=3)
    late.created_at = int(now.timestamp()) + 60
    for _ in range(2):
        keep(project, [late])
        process()
    (gap,) = LiveKitGap.objects.all()
    assert gap.began_at < now < gap.ended_at
    assert gap.reason == "LiveKit gave up 3 events before this moment."


def test_two_organizations_share_nothing(
    project: LiveKitProject, other_organization: Organization, process: Process
) -> None:
    other = LiveKitProject.objects.create(organization=other_organization, name="Other")
    keep(project, one_call())
    keep(other, one_call()[:4])
    process()
    mine, theirs = (
        ExpectedSession.objects.get(project=one) for one in (project, other)
    )
    assert mine.organization_id == project.organization_id
    assert theirs.organization_id == other_organization.id
    assert mine.job_ended_at and not theirs.job_ended_at


def test_events_of_a_project_that_is_gone_are_in_nobodys_way(
    project: LiveKitProject, process: Process
) -> None:
    LiveKitEvent.objects.create(
        project_id=UUID(int=1), event_id="EV_orphan", name="x", body=b"{}"
    )
    keep(project, one_call())
    process()
    assert not LiveKitEvent.objects.filter(processed_at=None).exists()
    assert ExpectedSession.objects.count() == 1


def test_a_track_alone_tells_of_a_session_whose_other_events_were_lost(
    project: LiveKitProject, process: Process
) -> None:
    keep(
        project,
        [
            event(
                "track_published",
                2,
                room=room(),
                participant=of_track(agent()),
                track=track(),
            )
        ],
    )
    process()
    session = ExpectedSession.objects.get()
    assert (session.job_id, session.room_sid) == ("AJ_one", "RM_one")


def test_what_is_told_of_the_unknown_is_kept_as_it_came(
    project: LiveKitProject, process: Process
) -> None:
    body = json.dumps({"event": "moon_landed", "id": "EV_moon"}).encode()
    event_log.store(event_log.arrived(project.id, body, json.loads(body)))
    process()
    kept = LiveKitEvent.objects.get()
    assert (kept.name, kept.error, bytes(kept.body)) == ("moon_landed", "", body)
    assert kept.processed_at
