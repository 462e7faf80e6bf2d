"""What LiveKit's events tell conversations beside what was forwarded."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Organization
from conversations.models import Conversation, Recording
from integrations.expected_sessions import join
from integrations.expected_sessions.supplements import best_file
from integrations.models import (
    Delivery,
    ExpectedSession,
    LiveKitEgress,
    LiveKitProject,
)
from integrations.processing.rebuild import rebuild
from integrations.processing.worker import process_until_quiet
from tests.integrations.conftest import Post
from tests.integrations.expected_sessions.told import (
    make_project,
    tell_job,
    tell_room,
)

pytestmark = pytest.mark.django_db(transaction=True)
FILE = {"location": "https://calls.s3.amazonaws.com/r.ogg", "duration": 60.0}
STARTED = datetime(2026, 11, 28, 14, 2, tzinfo=UTC).timestamp()


@pytest.fixture
def project(organization: Organization) -> LiveKitProject:
    return make_project(organization)


@pytest.fixture
def session(project: LiveKitProject) -> ExpectedSession:
    ended = timezone.now() - timedelta(minutes=5)
    return tell_job(project, "AJ_1", ended_at=ended, room_sid="RM_1")


def egress(project: LiveKitProject, name: str = "EG_1", **fields: Any) -> LiveKitEgress:
    fields = {
        "room_sid": "RM_1",
        "kind": "room_composite",
        "status": "complete",
        "files": [FILE],
    } | fields
    return LiveKitEgress(project=project, egress_id=name, **fields)


def settle(session: ExpectedSession) -> Conversation:
    join.settle([session.id])
    process_until_quiet()
    return Conversation.objects.select_related("recording").get()


def supplements() -> int:
    return Delivery.objects.filter(source=Delivery.Source.LIVEKIT_EVENTS).count()


def forward(post: Post, **call: Any) -> None:
    body = {
        "agent": {"externalId": "front-desk"},
        "call": {"externalId": "AJ_1", **call},
        "transcript": {"turns": [{"role": "user", "content": "Hello"}]},
    }
    answered = post(body, **{"X-Zelto-Provider": "livekit"})
    assert answered.status_code == 200
    process_until_quiet()


def test_the_caller_of_a_telephone_room_fills_in_who_called(
    post: Post, project: LiveKitProject, session: ExpectedSession
) -> None:
    tell_room(project, "RM_1", caller_number="+4930123", sip_call_id="SCL_1")
    forward(post)
    conversation = settle(session)
    assert conversation.customer_number == "+4930123"
    assert conversation.metadata["sipCallId"] == "SCL_1"
    # Once, also after it was looked at again; and a rebuild has it too.
    settle(session)
    assert supplements() == 1
    list(rebuild())
    assert Conversation.objects.get().customer_number == "+4930123"


def test_what_the_forward_says_of_the_caller_wins_whenever_it_comes(
    post: Post, project: LiveKitProject, session: ExpectedSession
) -> None:
    tell_room(project, "RM_1", caller_number="+4930123")
    forward(post, customer={"number": "+49555"})
    assert settle(session).customer_number == "+49555"
    assert supplements() == 0


def test_a_forward_that_comes_later_wins_over_what_was_filled_in(
    post: Post, project: LiveKitProject, session: ExpectedSession
) -> None:
    tell_room(project, "RM_1", caller_number="+4930123")
    forward(post)
    settle(session)
    forward(post, customer={"number": "+49555"})
    assert settle(session).customer_number == "+49555"


@pytest.mark.parametrize("egress_first", [True, False])
def test_an_egress_becomes_the_recording_of_its_rooms_conversation(
    post: Post, project: LiveKitProject, session: ExpectedSession, egress_first: bool
) -> None:
    steps = [lambda: egress(project).save(), lambda: forward(post)]
    for step in steps if egress_first else reversed(steps):
        step()
    conversation = settle(session)
    assert conversation.recording_url == FILE["location"]
    assert conversation.recording.source_url == FILE["location"]
    settle(session)
    assert supplements() == 1


def test_an_egress_places_its_recording_by_its_own_start(
    post: Post, project: LiveKitProject, session: ExpectedSession
) -> None:
    egress(project, files=[FILE | {"startedAt": STARTED}]).save()
    forward(post)
    assert settle(session).metadata["recordingStartedAt"] == STARTED


def test_a_recording_that_is_there_is_not_replaced_by_an_egress(
    post: Post, project: LiveKitProject, session: ExpectedSession
) -> None:
    forward(post)
    Recording.objects.create(conversation=Conversation.objects.get(), file="kept.ogg")
    egress(project).save()
    assert settle(session).recording_url == ""


def test_an_egress_that_is_under_way_is_waited_for(
    post: Post, project: LiveKitProject, session: ExpectedSession
) -> None:
    forward(post)
    egress(project, "EG_1", kind="track").save()
    late = egress(project, "EG_2", status="active", files=[])
    late.save()
    assert settle(session).recording_url == ""
    better = FILE | {"location": "https://calls.s3.amazonaws.com/whole.ogg"}
    late.status, late.files = "complete", [better]
    late.save()
    assert settle(session).recording_url == better["location"]


def named(name: str, **fields: Any) -> dict[str, Any]:
    return FILE | {"location": f"https://a.example/{name}", "filename": name} | fields


@pytest.mark.parametrize(
    ("told", "best"),
    [
        ([("track", "t.ogg"), ("room_composite", "r.mp4")], "r.mp4"),
        ([("room_composite", "r.mp4"), ("room_composite", "r.ogg")], "r.ogg"),
        ([("track", "t.ogg")], "t.ogg"),
    ],
)
def test_the_file_that_says_most_of_a_room_is_taken(
    project: LiveKitProject, told: list[tuple[str, str]], best: str
) -> None:
    egresses = [
        egress(project, f"EG_{place}", kind=kind, files=[named(name)])
        for place, (kind, name) in enumerate(told)
    ]
    for order in (egresses, egresses[::-1]):
        found = best_file(order)
        assert found is not None
        assert found.location.endswith(best)


def test_what_nobody_else_can_open_is_not_taken(project: LiveKitProject) -> None:
    on_disk = egress(project, files=[FILE | {"location": "file:///out/r.ogg"}])
    failed = egress(project, status="failed")
    assert best_file([on_disk, failed]) is None


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (
            {"status": "failed", "files": [], "error": "Start signal not received"},
            "LiveKit's egress stopped: Start signal not received",
        ),
        (
            {"files": [FILE | {"location": "file:///out/r.ogg"}]},
            "it lies on the disk of the egress server. Give egress a storage",
        ),
        ({"files": []}, "LiveKit's egress wrote no file."),
        ({"status": "active", "files": []}, ""),
    ],
)
def test_a_recording_that_egress_could_not_make_is_said_on_the_page(
    post: Post,
    dora_client: Client,
    project: LiveKitProject,
    session: ExpectedSession,
    told: dict[str, Any],
    said: str,
) -> None:
    forward(post)
    egress(project, **told).save()
    conversation = settle(session)
    url = f"/org/acme/conversations/{conversation.id}"
    page = html.unescape(re.sub(r"<[^>]+>", "", dora_client.get(url).content.decode()))
    assert ("No recording by egress" in page) == bool(said)
    assert said in page
